"""Pages of the web: their main content, told by their own marks or by the look of the text."""

import io

from groundsel_ingest.extracting.parsing import parse_file

SENTENCES = " ".join(f"Pump number {number} is oiled on the first Monday of every month by the plant team."
                     for number in range(12))  # fmt: skip
MENU = "<div class='menu'>" + "".join(f"<a href='/{name}'>{name}</a> " for name in ("Home", "Shop", "Jobs")) + "</div>"


def text_of(html: str) -> str:
    return parse_file(io.BytesIO(html.encode()), media_type="webpage", name="pumps.webpage").text


def test_what_a_page_marks_as_its_content_is_taken() -> None:
    text = text_of(f"<body>{MENU}<main><h1>Pumps</h1><p>Oil them.</p></main><div>Imprint</div></body>")
    assert text == "Pumps\n\nOil them."


def test_where_a_page_marks_nothing_its_main_content_is_told_from_its_menus() -> None:
    parsed = parse_file(
        io.BytesIO(
            f"<html><head><title>Pumps</title></head><body>{MENU}<div><h1>Pumps</h1><p>{SENTENCES}</p><h2>Oil</h2>"
            f"<ul><li>Use grade 46.</li><li>Use two litres.</li></ul><p>{SENTENCES}</p></div>"
            f"<div class='footer'>{MENU} All rights reserved</div></body></html>".encode()
        ),
        media_type="webpage",
        name="pumps.webpage",
    )
    assert parsed.title == "Pumps"
    assert "Pump number 3" in parsed.text
    assert "- Use two litres." in parsed.text
    assert "Shop" not in parsed.text
    assert "All rights reserved" not in parsed.text


def test_a_page_of_a_few_words_is_taken_whole() -> None:
    assert text_of("<body><div>Closed on Mondays.</div></body>") == "Closed on Mondays."
