"""Which of the test files that ought to be read hold no text, and which hold it where we do not look, and why.

The list of the files puts them among those that parse by their names and folders alone; each of these was looked at.
"""

from collections.abc import Mapping
from typing import Final

WITHOUT_TEXT: Final[Mapping[str, str]] = {
    "37376.xls": "a sheet without a cell, beside macros",
    "45430.xlsx": "three sheets without a cell",
    "51187.pptx": "a picture on a slide, and the number of the slide",
    "60042.pptx": "two slides without text",
    "default.docx": "the template of a new document",
    "empty.xlsx": "sheets without a cell",
    "fields_order.pdf": "a form that nobody has filled",
    "namedinput.xls": "three sheets without a cell",
    "no-slides.pptx": "no slides",
    "sld-blank.pptx": "a blank slide",
    "tbl-2x2-table.docx": "a table of empty cells",
    "testODSMacro.ods": "a sheet without a cell, beside a macro",
    "testPDF_Version.11.x.PDFA-1b.pdf": "a picture of a sheet of empty cells",
    "bug53475-password-is-solrcell.docx": "locked by a password: it belongs to the locked files",
    "password_protected.xlsx": "locked by a password: it belongs to the locked files",
    "clusterfuzz-testcase-minimized-POIXWPFFuzzer-4959857092198400.docx": "a fuzzer's broken archive: a bad file",
    "clusterfuzz-testcase-minimized-POIXWPFFuzzer-5564805011079168.docx": "a fuzzer's broken archive: a bad file",
}

SCANS: Final[Mapping[str, str]] = {
    "MEDRPT-2024-PAT-3847_medical_report_scan.pdf": "a scan: read with --ocr eng",
    "non_text_searchable.pdf": "a scan: read with --ocr eng",
}

NOT_LOOKED_FOR: Final[Mapping[str, str]] = {
    "shp-access-ole-object.pptx": "three numbers of a workbook that lies within a slide",
    "testEXCEL_embeddedPDF_windows.xlsx": "a PDF that lies within a sheet without a cell",
}

NO_TEXT_LAYER: Final = WITHOUT_TEXT.keys() | SCANS.keys()
"""The names of those that have no text layer: what is left of the files that must parse is to give its text."""
