"""Links to a page, or to words of a web page."""

import pytest

from groundsel_pipelines.linking import deep_link

TEXT = "Annual leave, half-days & more: 25 days a year.\nNext line."


@pytest.mark.parametrize(
    ("uri", "media_type", "page", "expected"),
    [
        ("https://x/a.pdf", "pdf", 3, "https://x/a.pdf#page=3"),
        ("file:///a.pdf#old", "pdf", 3, "file:///a.pdf#page=3"),
        ("https://x/a.pdf", "pdf", None, "https://x/a.pdf"),
        (
            "https://x/a?b=1",
            "html",
            None,
            "https://x/a?b=1#:~:text=Annual%20leave%2C%20half%2Ddays%20%26%20more%3A%2025%20days%20a",
        ),
        ("https://x/a.md", "md", 1, "https://x/a.md"),
        ("javascript:alert(1)", "html", None, "javascript:alert(1)"),
    ],
)
def test_a_link_leads_to_the_place_where_its_kind_of_file_knows_one(
    uri: str, media_type: str, page: int | None, expected: str
) -> None:
    assert deep_link(uri, media_type=media_type, page=page, text=TEXT) == expected
