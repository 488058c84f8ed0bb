"""Word documents, by python-docx: headings by style, lists, tables; what was deleted in a revision is left out."""

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, BinaryIO
from zipfile import BadZipFile

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.opc.part import PartFactory
from docx.oxml.ns import qn
from docx.package import Package
from docx.parts.document import DocumentPart
from docx.parts.story import StoryPart
from docx.table import Table
from docx.text.paragraph import Paragraph

from groundsel_ingest.extracting.archives import check_archive
from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_pipelines.errors import Rejected

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement

HEADING = re.compile(r"heading (\d)")
CONTENTS = re.compile(r"toc \d|table of figures")  # what they list stands in the document anyway
WITH_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
DOCUMENT_TYPES = {CONTENT_TYPE.WML_DOCUMENT_MAIN, WITH_MACROS}
PARAGRAPH, TABLE = qn("w:p"), qn("w:tbl")
FORMULA_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
TEXT, TAB, BREAK = {qn("w:t"), FORMULA_TEXT}, qn("w:tab"), {qn("w:br"), qn("w:cr")}
AT_THE_EDGES = {RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER}
LEFT_OUT = {qn("w:del"), qn("w:moveFrom"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    check_archive(file)
    try:
        document = opened(file)
        add_properties(manuscript, document)
        add_body(manuscript, document)
        if manuscript.is_empty:
            add_edges(manuscript, document)
    except (OpcError, BadZipFile, KeyError, ValueError, SyntaxError, AttributeError) as error:
        raise Rejected(f"it is damaged: {error}") from error


def opened(file: BinaryIO) -> "Document":
    """Open it as `docx.Document` does, which refuses documents with macros; nothing here runs them."""
    for content_type in DOCUMENT_TYPES:
        PartFactory.part_type_for[content_type] = DocumentPart
    part = Package.open(file).main_document_part
    if not isinstance(part, DocumentPart):
        raise Rejected("it is damaged: it is no Word document inside")
    document: Document = part.document
    return document


def add_properties(manuscript: Manuscript, document: "Document") -> None:
    properties = document.core_properties
    manuscript.titles.append(properties.title)
    manuscript.updated_at = properties.modified
    manuscript.metadata["author"] = properties.author


def add_body(manuscript: Manuscript, document: "Document") -> None:
    """Add paragraphs and tables in reading order; items that follow one another are one list."""
    items: list[str] = []
    for content, style in contents(document.element.body, document, {}):
        if isinstance(content, Paragraph) and is_item(content, style):
            items.append(f"- {written(content)}")
            continue
        manuscript.items(items)
        items = []
        if isinstance(content, Table):
            manuscript.rows(rows(content))
        elif level := heading_level(style):
            manuscript.heading(written(content), level=level)
        else:
            for line in written(content).split("\n"):
                manuscript.paragraph(line)
    manuscript.items(items)


def add_edges(manuscript: Manuscript, document: "Document") -> None:
    """Add heads and feet of pages, each text once: they repeat themselves, so they count where nothing else is."""
    parts = [each.target_part for each in document.part.rels.values() if each.reltype in AT_THE_EDGES]
    edges = [part.element for part in parts if isinstance(part, StoryPart)]
    for text in dict.fromkeys("".join(pieces(each)) for edge in edges for each in edge.iter(PARAGRAPH)):
        manuscript.paragraph(text)


def contents(
    element: "BaseOxmlElement", document: "Document", names: dict[str | None, str]
) -> Generator[tuple[Paragraph | Table, str]]:
    """Yield paragraphs and tables in reading order, also those in content controls and in what was inserted.

    With each comes the name of its style; `names` keeps those by their ids, as looking one up takes milliseconds.
    """
    for child in element:
        if child.tag == PARAGRAPH:
            paragraph = Paragraph(child, document._body)  # noqa: SLF001 - the parent that python-docx itself gives them
            if child.style not in names:
                names[child.style] = style_name(paragraph)
            if not CONTENTS.match(names[child.style]):
                yield paragraph, names[child.style]
        elif child.tag == TABLE:
            yield Table(child, document._body), ""  # noqa: SLF001 - likewise
        elif child.tag not in LEFT_OUT:
            yield from contents(child, document, names)


def style_name(paragraph: Paragraph) -> str:
    """Give the style's name, in English whatever Word's language: "heading 1", "list bullet"."""
    return ((paragraph.style.name if paragraph.style is not None else None) or "").lower()


def heading_level(style: str) -> int:
    """Give the level from 1, or 0 for what is no heading."""
    if style == "title":
        return 1
    found = HEADING.match(style)
    return int(found[1]) if found else 0


def is_item(paragraph: Paragraph, style: str) -> bool:
    properties = paragraph._p.pPr  # noqa: SLF001 - python-docx has no public way to list numbering
    numbered = properties is not None and properties.numPr is not None
    return (numbered or style.startswith("list")) and not heading_level(style)


def written(paragraph: Paragraph) -> str:
    """Give the text as it stands, insertions and text boxes taken, deletions left out."""
    return "".join(pieces(paragraph._p)).strip()  # noqa: SLF001 - `paragraph.text` skips insertions


def pieces(element: object) -> Generator[str]:
    for child in element:  # type: ignore[attr-defined]
        if child.tag in LEFT_OUT:
            continue
        if child.tag in TEXT:
            yield child.text or ""
        elif child.tag == TAB:
            yield "\t"
        elif child.tag in BREAK:
            yield "\n"
        else:
            yield from pieces(child)


def rows(table: Table) -> Generator[list[str]]:
    """Yield the rows; a cell that spans several columns counts once, a table within a cell is its text."""
    for row in table.rows:
        cells = dict.fromkeys(cell._tc for cell in row.cells)  # noqa: SLF001 - spanned cells are told apart by element
        yield ["".join(pieces(cell)) for cell in cells]
