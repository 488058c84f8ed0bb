"""PDF, by PDFium: the lines of each page with their place and size, from which the structure is told."""

import ctypes
import logging
import re
from collections.abc import Generator
from contextlib import suppress
from datetime import datetime
from statistics import mode
from typing import BinaryIO, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_ingest.extracting.pdf_layout import SOFT_HYPHEN, Line, Word, add_pages
from groundsel_ingest.extracting.pdf_notes import page_notes
from groundsel_ingest.extracting.recognition import read_page, recogniser
from groundsel_pipelines.errors import Rejected

MOST_PAGES = 5000
BOLD = re.compile(rb"bold|black|heavy", re.IGNORECASE)
FONT_NAME_BYTES = 128
WORD = re.compile(r"\S+")
HYPHENS = "\x02\ufffe"  # what PDFium puts for a hyphen at the end of a line
NO_TEXT = "there is no text in it: a scan? Reading scans is the setting ocr of its source, or --ocr LANGUAGE"
UNREADABLE = "there is no text in it, nor in the pictures of its pages"
MOST_SCANS = 200  # pages that are read from their pictures
DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?(?:([+-]\d{2})'?(\d{2})|Z)?")

logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # it warns that it cannot draw XFA forms, whose fields it reads


class Character(NamedTuple):
    """A character and its box, font ascent and descent included, in points from the lower left."""

    place: int  # in PDFium's text of the page
    text: str
    left: float
    right: float
    bottom: float
    top: float


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise Rejected("it is protected by a password") from error
        raise Rejected(f"it is damaged: {error}") from error
    with suppress(pdfium.PdfiumError):  # a broken form costs what stands in its fields
        document.init_forms()
    properties = document.get_metadata_dict(skip_empty=True)
    manuscript.titles.append(properties.get("Title", ""))
    manuscript.metadata["author"] = properties.get("Author", "")
    manuscript.updated_at = date(properties.get("ModDate") or properties.get("CreationDate") or "")
    if len(document) > MOST_PAGES:
        manuscript.partial_reason = f"only its first {MOST_PAGES:,} pages were read"
    read = [read_one(document, number) for number in range(min(len(document), MOST_PAGES))]
    pages, notes = [lines for lines, _ in read], [written for _, written in read]
    if manuscript.ocr and not all(pages):
        pages = recognised(document, pages, manuscript)
    if not any(pages) and not any(notes):
        raise Rejected(UNREADABLE if manuscript.ocr else NO_TEXT)
    add_pages(manuscript, pages, notes)


def recognised(document: pdfium.PdfDocument, pages: list[list[Line]], manuscript: Manuscript) -> list[list[Line]]:
    """Give the pages, those without text read from their pictures."""
    scans = [number for number, lines in enumerate(pages) if not lines]
    if len(scans) > MOST_SCANS:
        manuscript.partial_reason = f"only its first {MOST_SCANS} scanned pages were read"
    with recogniser(manuscript.ocr) as reader:
        found = {number: read_page(document[number], reader) for number in scans[:MOST_SCANS]}
    return [found.get(number, lines) for number, lines in enumerate(pages)]


def date(written: str) -> datetime | None:
    """Read a PDF date (ISO 32000-1, 7.9.4): D:YYYYMMDDHHmmSS+HH'mm'."""
    found = DATE.match(written)
    if not found:
        return None
    year, month, day, hour, minute, second, hours, minutes = found.groups()
    zone = f"{hours}:{minutes}" if hours else "+00:00"
    try:
        return datetime.fromisoformat(f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}")
    except ValueError:
        return None


def read_one(document: pdfium.PdfDocument, number: int) -> tuple[list[Line], list[str]]:
    """Give the lines of page `number`, from 0, and its notes; a page that PDFium cannot load has none."""
    try:
        page = document[number]
        text_page = page.get_textpage()
    except pdfium.PdfiumError:
        return [], []
    found = [line(text_page, run) for run in runs(text_page)]
    text_page.close()
    notes = page_notes(document, page)
    page.close()
    return [each for each in found if each is not None], notes


def characters(text_page: pdfium.PdfTextPage) -> Generator[Character]:
    """Yield every character of a page: half of the time that a PDF takes, hence the bare calls."""
    box = pdfium_c.FS_RECTF()
    raw, by_reference = text_page.raw, ctypes.byref(box)
    measure, read = pdfium_c.FPDFText_GetLooseCharBox, pdfium_c.FPDFText_GetUnicode
    for index in range(text_page.count_chars()):
        measure(raw, index, by_reference)
        yield Character(index, chr(read(raw, index)), box.left, box.right, box.bottom, box.top)


def runs(text_page: pdfium.PdfTextPage) -> Generator[list[Character]]:
    """Yield the characters of each line; after a hyphen at its end PDFium gives no line break."""
    run: list[Character] = []
    for character in characters(text_page):
        if character.text in "\r\n":
            yield run
            run = []
        elif character.text in HYPHENS:
            yield [*run, character._replace(text=SOFT_HYPHEN)]
            run = []
        else:
            run.append(character)
    yield run


def line(text_page: pdfium.PdfTextPage, run: list[Character]) -> Line | None:
    """Make a line of its characters; None where there is nothing but space."""
    places = [(found[0], found.start(), found.end()) for found in WORD.finditer("".join([each.text for each in run]))]
    if not places:
        return None
    inked = [character for _, start, end in places for character in run[start:end]]
    bottoms, tops = [character.bottom for character in inked], [character.top for character in inked]
    return Line(
        words=tuple(Word(text=text, left=run[start].left, right=run[end - 1].right) for text, start, end in places),
        bottom=min(bottoms),
        top=max(tops),
        size=mode([round(top - bottom, 1) for top, bottom in zip(tops, bottoms, strict=True)]),
        bold=all(is_bold(text_page, character.place) for character in (inked[0], inked[-1])),
    )


def is_bold(text_page: pdfium.PdfTextPage, index: int) -> bool:
    """Tell by the font's name: weights are often missing or made up."""
    name = ctypes.create_string_buffer(FONT_NAME_BYTES)
    pdfium_c.FPDFText_GetFontInfo(text_page.raw, index, name, FONT_NAME_BYTES, None)
    return BOLD.search(name.value) is not None
