"""A citation is an exact place in a stored document, and knows when the document has moved on."""

from dataclasses import replace

import pytest

from groundsel_pipelines.citing import cite, page_at, state_now
from groundsel_pipelines.types import Block
from small_corpus import indexed

HELD = indexed("leave.md", "Employees get 25 days.\nIt ends in March.", title="Leave")
PAGED = replace(
    HELD.document,
    blocks=(
        Block(kind="paragraph", start=0, end=22, page=1),
        Block(kind="paragraph", start=23, end=40, page=2),
    ),
)


def test_a_citation_quotes_exactly_and_names_page_and_version() -> None:
    citation = cite(PAGED, HELD.passages[0], 23, 40)

    assert (citation.quote, citation.page, citation.version) == ("It ends in March.", 2, 1)
    assert (citation.doc_id, citation.uri, citation.title) == ("docs/leave.md", "file:///leave.md", "Leave")


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (22, 1), (23, 2), (39, 2)])
def test_the_page_is_that_of_the_block_at_the_offset(offset: int, page: int) -> None:
    assert page_at(PAGED, offset) == page


def test_a_format_without_pages_has_none() -> None:
    assert page_at(HELD.document, 0) is None


def test_a_quote_is_current_changed_or_gone() -> None:
    citation = cite(HELD.document, HELD.passages[0], 23, 40)

    assert state_now(citation, HELD.document) == "current"
    assert state_now(citation, replace(HELD.document, text="Employees get 30 days.")) == "changed"
    assert state_now(citation, None) == "gone"
