"""Makes the demo company's Word, PowerPoint, Excel and PDF files from the Markdown in content/."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from docx import Document as WordDocument
from fpdf import FPDF
from openpyxl import Workbook
from pptx import Presentation

HERE = Path(__file__).parent
CONTENT, DOCUMENTS = HERE / "content", HERE / "documents"
SECTIONS_A_PAGE = 2  # of a PDF: so that even short documents have pages to cite
AUTHOR = "Wendover Instruments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a document: a heading, a paragraph, a list item or the row of a table."""

    kind: Literal["title", "heading", "item", "row", "paragraph"]
    text: str

    @property
    def cells(self) -> list[str]:
        return [cell.strip() for cell in self.text.strip("|").split("|")]


def read(file: Path) -> tuple[datetime, list[Piece]]:
    """Read the date and the pieces of a content file."""
    front, _, body = file.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
    date = re.search(r"date: (\S+)", front)
    if date is None:
        raise ValueError(f"{file} has no date")
    return datetime.fromisoformat(date[1]).replace(hour=9, tzinfo=UTC), list(pieces(body))


def pieces(body: str) -> Iterator[Piece]:
    for line in filter(None, body.splitlines()):
        if line.startswith("# "):
            yield Piece(kind="title", text=line[2:])
        elif line.startswith("## "):
            yield Piece(kind="heading", text=line[3:])
        elif line.startswith("- "):
            yield Piece(kind="item", text=line[2:])
        elif line.startswith("|"):
            yield Piece(kind="row", text=line)
        else:
            yield Piece(kind="paragraph", text=line)


def tables(found: Sequence[Piece]) -> Iterator[Piece | list[list[str]]]:
    """Give the pieces in order, rows that follow each other as one table."""
    rows: list[list[str]] = []
    for piece in found:
        if piece.kind == "row":
            rows.append(piece.cells)
            continue
        if rows:
            yield rows
            rows = []
        yield piece
    if rows:
        yield rows


def write_docx(target: Path, date: datetime, found: Sequence[Piece]) -> None:
    document = WordDocument()
    for piece in tables(found):
        if isinstance(piece, list):
            table = document.add_table(rows=0, cols=len(piece[0]), style="Table Grid")
            for cells in piece:
                for cell, text in zip(table.add_row().cells, cells, strict=True):
                    cell.text = text
        elif piece.kind in {"title", "heading"}:
            document.add_heading(piece.text, level=0 if piece.kind == "title" else 1)
        else:
            document.add_paragraph(piece.text, style="List Bullet" if piece.kind == "item" else None)
    properties = document.core_properties
    properties.author, properties.title = AUTHOR, found[0].text
    properties.created = properties.modified = date.replace(tzinfo=None)
    document.save(str(target))


def write_pptx(target: Path, date: datetime, found: Sequence[Piece]) -> None:
    presentation = Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[0])
    slide = first
    for piece in found:
        if piece.kind == "title":
            first.shapes.title.text = piece.text
        elif piece.kind == "heading":
            slide = presentation.slides.add_slide(presentation.slide_layouts[1])
            slide.shapes.title.text = piece.text
        else:
            frame = slide.placeholders[1].text_frame
            line = frame.paragraphs[0] if not frame.text else frame.add_paragraph()
            line.text = piece.text
    properties = presentation.core_properties
    properties.author, properties.title = AUTHOR, found[0].text
    properties.created = properties.modified = date.replace(tzinfo=None)
    presentation.save(str(target))


def write_xlsx(target: Path, date: datetime, found: Sequence[Piece]) -> None:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for piece in found:
        if piece.kind == "heading":
            workbook.create_sheet(piece.text)
        else:
            workbook.worksheets[-1].append([number(cell) for cell in piece.cells])
    workbook.properties.creator = AUTHOR
    workbook.properties.created = workbook.properties.modified = date.replace(tzinfo=None)
    workbook.save(target)


def number(cell: str) -> str | float:
    return float(cell) if re.fullmatch(r"\d+(\.\d+)?", cell) else cell


def write_pdf(target: Path, date: datetime, found: Sequence[Piece]) -> None:
    pdf = FPDF()
    pdf.set_margin(25)
    pdf.set_auto_page_break(True, margin=25)
    pdf.set_creation_date(date)
    pdf.set_title(found[0].text)
    pdf.set_author(AUTHOR)
    pdf.add_page()
    sections = 0
    for piece in tables(found):
        if isinstance(piece, list):
            pdf.set_font("helvetica", size=11)
            with pdf.table() as table:
                for cells in piece:
                    table.row(cells)
            pdf.ln(4)
            continue
        if piece.kind == "heading":
            sections += 1
            if sections > 1 and sections % SECTIONS_A_PAGE == 1:
                pdf.add_page()
        size = {"title": 20, "heading": 15}.get(piece.kind, 11)
        pdf.set_font("helvetica", style="B" if size > 11 else "", size=size)  # noqa: PLR2004 - of running text
        text = f"- {piece.text}" if piece.kind == "item" else piece.text
        pdf.multi_cell(0, size * 0.55, text, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)
    pdf.output(str(target))


WRITERS = {".docx": write_docx, ".pptx": write_pptx, ".xlsx": write_xlsx, ".pdf": write_pdf}


def main() -> None:
    for file in sorted(CONTENT.rglob("*.md")):
        target = DOCUMENTS / file.relative_to(CONTENT).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        date, found = read(file)
        WRITERS[target.suffix](target, date, found)


if __name__ == "__main__":
    main()
