"""Which files are read, and by which parser."""

from pathlib import PurePath
from typing import Final

MEDIA_TYPES: Final = {
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".text": "txt",
    ".rst": "txt",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xlsb": "xlsx",
    ".xls": "xls",
    ".ods": "ods",
    ".csv": "csv",
    ".tsv": "csv",
    ".eml": "eml",
    ".msg": "msg",
    ".webpage": "webpage",  # of the connector `web`
}
"""The short word for a file's type by its suffix: what is shown as a facet."""

PARSERS: Final = {
    "md": "markdown",
    "txt": "plain",
    "html": "html",
    "pdf": "pdf",
    "docx": "word",
    "pptx": "slides",
    "xlsx": "sheets",
    "xls": "sheets",
    "ods": "sheets",
    "csv": "delimited",
    "eml": "mail",
    "msg": "outlook",
    "webpage": "webpage",
}
"""The module in `extracting.parsers` by media type; each has `parse(file, manuscript)`."""

VERSION: Final = "5"
"""Of all parsers together: raised when one of them gives other text for the same file, so that files are read anew."""


def media_type(path: str) -> str | None:
    """Give the media type of a file by its name, or None where no parser reads it."""
    return MEDIA_TYPES.get(PurePath(path).suffix.lower())
