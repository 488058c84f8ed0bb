"""What is written on a page of a PDF beside its text: in the fields of forms, in notes, stamps and comments."""

import ctypes
from collections.abc import Callable
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

WRITTEN_IN: Final = {
    pdfium_c.FPDF_FORMFIELD_TEXTFIELD,
    pdfium_c.FPDF_FORMFIELD_COMBOBOX,
    pdfium_c.FPDF_FORMFIELD_LISTBOX,
}
"""Fields that hold words; buttons and ticks hold only names of their states."""
SILENT: Final = {pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP}  # a popup is the window of another note
MOST_NOTES = 1000  # of one page


def page_notes(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> list[str]:
    """Give what people wrote into the fields of `page`, and what its notes say, in their order in the file.

    A field that has a label for people is given as `label: value`. Forms of `document` must have been opened, by its
    `init_forms`, before the page was.
    """
    count = min(pdfium_c.FPDFPage_GetAnnotCount(page.raw), MOST_NOTES)
    found = []
    for index in range(count):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            try:
                found.append(note(document, annotation))
            finally:
                pdfium_c.FPDFPage_CloseAnnot(annotation)
    return [text for text in found if text]


def note(document: pdfium.PdfDocument, annotation: Any) -> str:  # noqa: ANN401 - a C pointer
    """Give the words of one annotation; "" for what is hidden or has none."""
    kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
    if kind in SILENT or pdfium_c.FPDFAnnot_GetFlags(annotation) & pdfium_c.FPDF_ANNOT_FLAG_HIDDEN:
        return ""
    if kind != pdfium_c.FPDF_ANNOT_WIDGET:
        return text(lambda *into: pdfium_c.FPDFAnnot_GetStringValue(annotation, b"Contents", *into))
    if document.formenv is None:
        return ""
    form = document.formenv.raw
    if pdfium_c.FPDFAnnot_GetFormFieldType(form, annotation) not in WRITTEN_IN:
        return ""
    value = text(lambda *into: pdfium_c.FPDFAnnot_GetFormFieldValue(form, annotation, *into))
    label = text(lambda *into: pdfium_c.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *into))
    return f"{label}: {value}" if label and value else value


def text(ask: Callable[[Any, int], int]) -> str:
    """Ask PDFium for a text of unknown length (UTF-16, ended by a zero): once for its bytes, once for itself."""
    length = ask(None, 0)
    buffer = ctypes.create_string_buffer(length)
    ask(ctypes.cast(buffer, ctypes.POINTER(pdfium_c.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", errors="replace").split("\0")[0].strip()
