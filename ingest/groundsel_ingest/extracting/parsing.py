"""Runs the parser of one file, in the child."""

from importlib import import_module
from typing import BinaryIO, Protocol, cast

from groundsel_ingest.extracting.formats import PARSERS
from groundsel_ingest.extracting.manuscript import Full, Manuscript
from groundsel_ingest.extracting.parsed import ParsedDocument


class Parser(Protocol):
    """A module of `extracting.parsers`."""

    def parse(self, file: BinaryIO, manuscript: Manuscript) -> None:
        """Add what is in `file` to `manuscript`.

        Raises:
            Rejected: it cannot be read: locked, damaged, too large.

        """
        ...


class Parse(Protocol):
    """What a child does with a file: `parse_file`."""

    def __call__(self, file: BinaryIO, /, *, media_type: str, name: str, ocr: str = "") -> ParsedDocument: ...


def parse_file(file: BinaryIO, *, media_type: str, name: str, ocr: str = "") -> ParsedDocument:
    """Give the text and structure of `file`; with `ocr`, pictures of pages are read in these languages.

    Raises:
        Rejected: it cannot be read, or there is no text in it.

    """
    parser = cast("Parser", import_module(f"groundsel_ingest.extracting.parsers.{PARSERS[media_type]}"))
    manuscript = Manuscript(ocr=ocr)
    try:
        parser.parse(file, manuscript)
    except Full:
        manuscript.partial_reason = "only its beginning was read: it is too long"
    return manuscript.finish(name)
