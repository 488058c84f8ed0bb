"""Spreadsheets of Excel and LibreOffice, by calamine: a heading and a table for each sheet, which counts as a page."""

from collections.abc import Generator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum, ZipError

from groundsel_ingest.extracting.archives import OLE, check_archive
from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_pipelines.errors import Rejected

MOST_ROWS = 200_000  # of one sheet; beyond it a spreadsheet is a database
Cell = int | float | str | bool | datetime | date | time | timedelta


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    start = file.read(len(OLE))
    file.seek(0)
    if start != OLE:  # Excel 97's own container, or a locked file
        check_archive(file)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        for page, sheet in enumerate(workbook.sheets_metadata, start=1):
            if sheet.visible == SheetVisibleEnum.Visible:
                manuscript.page = page
                add_sheet(manuscript, workbook.get_sheet_by_index(page - 1))
    except PasswordError as error:
        raise Rejected("it is protected by a password") from error
    except (CalamineError, ZipError) as error:
        if start == OLE and "detect file format" in str(error):  # a container without a workbook: it is encrypted
            raise Rejected("it is protected by a password") from error
        raise Rejected(f"it is damaged: {error}") from error


def add_sheet(manuscript: Manuscript, sheet: CalamineSheet) -> None:
    if sheet.height == 0:
        return
    if sheet.height > MOST_ROWS:
        manuscript.partial_reason = f"only the first {MOST_ROWS:,} rows of a sheet were read"
    manuscript.heading(sheet.name, level=1)
    manuscript.rows(rows(sheet))


def rows(sheet: CalamineSheet) -> Generator[list[str]]:
    for row in sheet.to_python(nrows=MOST_ROWS):
        yield [written(cell) for cell in row]


def written(cell: Cell) -> str:
    """Write a cell as people do: no `.0`, no midnight, ISO dates."""
    match cell:
        case bool():
            return "yes" if cell else "no"
        case float() | int():
            return f"{cell:.12g}"  # a double holds 15 digits; the last ones are 0.1 + 0.2's
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ", timespec="minutes")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
