"""Makes small files of every kind that is read, by the libraries that people's programs are made of."""

import io
from collections.abc import Callable, Sequence
from email.message import EmailMessage

import docx
from fpdf import FPDF
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Cm

Rows = Sequence[Sequence[object]]


def word(write: Callable[["docx.document.Document"], None]) -> bytes:
    document = docx.Document()
    write(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def sheets(**contents: Rows) -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in contents.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def slides(*contents: tuple[str, Sequence[str]], notes: str = "", rows: Sequence[Sequence[str]] = ()) -> bytes:
    """Make a slide of each title and its lines; notes and a table go on the last one."""
    presentation = Presentation()
    slide = None
    for title, lines in contents:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = "\n".join(lines)
    if slide is not None and notes:
        slide.notes_slide.notes_text_frame.text = notes
    if slide is not None and rows:
        table = slide.shapes.add_table(len(rows), len(rows[0]), Cm(1), Cm(15), Cm(10), Cm(2)).table
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    file = io.BytesIO()
    presentation.save(file)
    return file.getvalue()


def pdf(*pages: Sequence[tuple[int, str]], title: str = "", footer: str = "", password: str = "") -> bytes:
    """Make a page of each list of (size in points, text); a size of 14 and more is bold."""
    document = FPDF()
    document.set_title(title)
    for number, page in enumerate(pages, start=1):
        document.add_page()
        for size, text in page:
            document.set_font("helvetica", style="B" if size >= 14 else "", size=size)
            document.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT")
            document.ln(4)
        if footer:
            document.set_font("helvetica", size=8)
            document.text(20, 285, f"{footer} {number}")
    if password:
        document.set_encryption(owner_password=f"{password}-owner", user_password=password)
    return bytes(document.output())


def mail(subject: str, text: str, *, html: str = "", attached: Sequence[str] = (), **fields: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    for name, value in fields.items():
        message[name.capitalize()] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name in attached:
        message.add_attachment(b"...", maintype="application", subtype="octet-stream", filename=name)
    return message
