"""PDF, by PDFium: the lines of each page with their place and size, from which the structure is told."""

import ctypes
import logging
import re
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from datetime import datetime
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
LINE = re.compile(f"[^\r\n{HYPHENS}]*[{HYPHENS}]|[^\r\n{HYPHENS}]+")
NO_TEXT = "there is no text in it: a scan? Reading scans is the setting ocr of its source, or --ocr LANGUAGE"
UNREADABLE = "there is no text in it, nor in the pictures of its pages"
MOST_SCANS = 200  # pages that are read from their pictures
DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?(?:([+-]\d{2})'?(\d{2})|Z)?")

logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # it warns that it cannot draw XFA forms, whose fields it reads


class Box(NamedTuple):
    """Of a character, font ascent and descent included, in points from the lower left."""

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
    found = [line(text_page, start, text) for start, text in runs(text_of(text_page))]
    text_page.close()
    notes = page_notes(document, page)
    page.close()
    return [each for each in found if each is not None], notes


def text_of(text_page: pdfium.PdfTextPage) -> str:
    """Give the text of a page, one character for each of PDFium's: as many calls as there are, hence bare ones."""
    raw, read = text_page.raw, pdfium_c.FPDFText_GetUnicode
    return "".join([chr(read(raw, index)) for index in range(text_page.count_chars())])


def runs(text: str) -> Generator[tuple[int, str]]:
    """Yield where each line begins, and its text; after a hyphen at its end PDFium gives no line break."""
    for found in LINE.finditer(text):
        written = found[0]
        yield found.start(), written[:-1] + SOFT_HYPHEN if written[-1] in HYPHENS else written


def line(text_page: pdfium.PdfTextPage, begin: int, text: str) -> Line | None:
    """Make a line of its text and the boxes of its words' ends; None where there is nothing but space."""
    raw, box = text_page.raw, pdfium_c.FS_RECTF()
    measure, by_reference = pdfium_c.FPDFText_GetLooseCharBox, ctypes.byref(box)

    def measured(place: int) -> Box:
        measure(raw, begin + place, by_reference)
        return Box(box.left, box.right, box.bottom, box.top)

    words, boxes, sizes = list[Word](), list[Box](), Counter[float]()
    for found in WORD.finditer(text):
        first, last = measured(found.start()), measured(found.end() - 1)
        words.append(Word(text=found[0], left=first.left, right=last.right))
        boxes += (first, last)
        sizes[size(first)] += 1
        sizes[size(last)] += len(found[0]) - 1  # as in small capitals
    if not words:
        return None
    return Line(
        words=tuple(words),
        bottom=min([each.bottom for each in boxes]),
        top=max([each.top for each in boxes]),
        size=sizes.most_common(1)[0][0],
        bold=all(is_bold(text_page, begin + place) for place in (inked(text), len(text.rstrip()) - 1)),
    )


def size(box: Box) -> float:
    return round(box.top - box.bottom, 1)


def inked(text: str) -> int:
    """Give the place of the first character that is no space."""
    return len(text) - len(text.lstrip())


def is_bold(text_page: pdfium.PdfTextPage, index: int) -> bool:
    """Tell by the font's name: weights are often missing or made up."""
    name = ctypes.create_string_buffer(FONT_NAME_BYTES)
    pdfium_c.FPDFText_GetFontInfo(text_page.raw, index, name, FONT_NAME_BYTES, None)
    return BOLD.search(name.value) is not None
