"""Scanned pages: read by a real Tesseract where that is wanted; elsewhere the file says what it needs."""

import io
import tempfile

import pypdfium2
import pytest
from fpdf import FPDF

from groundsel_ingest.extracting.parsing import parse_file
from groundsel_ingest.extracting.pool import parser_pool
from groundsel_ingest.extracting.recognition import check_languages, data_folder
from groundsel_pipelines.errors import InvalidInput, Rejected
from small_files import pdf

needs_tesseract = pytest.mark.skipif(data_folder() is None, reason="no Tesseract: scripts/install-servers")


def scan(*pages: list[tuple[int, str]], then: str = "") -> bytes:
    """Make a PDF whose pages are pictures of those of another; `then` is a page of text."""
    pictures = FPDF()
    for page in pypdfium2.PdfDocument(pdf(*pages)):
        pictures.add_page()
        pictures.image(page.render(scale=150 / 72).to_pil(), x=0, y=0, w=210)
    if then:
        pictures.add_page()
        pictures.set_font("helvetica", size=11)
        pictures.multi_cell(0, 6, then)
    return bytes(pictures.output())


SCANNED = scan(
    [
        (22, "Annual leave"),
        (11, "Every employee has twenty days of leave."),
        (11, "Managers have five days more than others."),
        (11, "Ask for them a month before you go."),
    ],
    [(11, "Unused days are lost in March.")],
    then="This page has text of its own.",
)


def test_a_scan_says_what_it_needs_to_be_read() -> None:
    with pytest.raises(Rejected, match=r"a scan.*ocr"):
        parse_file(io.BytesIO(scan([(11, "Twenty days.")])), media_type="pdf", name="scan.pdf")


@needs_tesseract
@pytest.mark.anyio
async def test_pages_without_text_are_read_from_their_pictures_in_a_confined_child() -> None:
    async with parser_pool(1) as pool:
        with tempfile.TemporaryFile() as file:
            file.write(SCANNED)
            parsed = await pool.parse(file, media_type="pdf", name="scan.pdf", ocr="eng")
        assert pool.isolated
    assert "Every employee has twenty days of leave." in parsed.text
    assert [block.page for block in parsed.blocks if "March" in parsed.text[block.start : block.end]] == [2]
    assert [block.page for block in parsed.blocks if "its own" in parsed.text[block.start : block.end]] == [3]
    heading = parsed.blocks[0]
    assert (heading.kind, parsed.text[heading.start : heading.end]) == ("heading", "Annual leave")


@needs_tesseract
def test_an_empty_picture_has_no_text_either() -> None:
    with pytest.raises(Rejected, match="nor in the pictures"):
        parse_file(io.BytesIO(scan([(11, " ")])), media_type="pdf", name="scan.pdf", ocr="eng")


@needs_tesseract
def test_languages_are_those_that_are_installed() -> None:
    assert check_languages((), where="--ocr") == ""
    assert check_languages(("eng",), where="--ocr") == "eng"
    with pytest.raises(InvalidInput, match="tesseract-ocr-tlh"):
        check_languages(("eng", "tlh"), where="--ocr")
