"""Runs the parser of one file, in the child."""

from importlib import import_module
from typing import BinaryIO, Final, Protocol, cast

from groundsel_ingest.extracting.archives import OLE
from groundsel_ingest.extracting.confinement import FILE_BYTES
from groundsel_ingest.extracting.formats import PARSERS
from groundsel_ingest.extracting.manuscript import Full, Manuscript
from groundsel_ingest.extracting.parsed import Attachment, ParsedDocument
from groundsel_pipelines.errors import Rejected

PACKAGE: Final = "groundsel_ingest.extracting.parsers"


class Parser(Protocol):
    """A module of `extracting.parsers`."""

    def parse(self, file: BinaryIO, manuscript: Manuscript) -> None:
        """Add what is in `file` to `manuscript`.

        Raises:
            Rejected: it cannot be read: locked, damaged, too large.

        """
        ...


class MailParser(Parser, Protocol):
    """One whose files have others within them."""

    def take_out(self, file: BinaryIO, attachment: Attachment) -> bytes:
        """Give the content of an attachment that `parse` named.

        Raises:
            Rejected: the mail does not hold it.

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
    parser = cast("Parser", import_module(f"{PACKAGE}.{PARSERS[media_type]}"))
    manuscript = Manuscript(ocr=ocr)
    try:
        parser.parse(file, manuscript)
    except Full:
        manuscript.partial_reason = "only its beginning was read: it is too long"
    return manuscript.finish(name)


def take_out(mail: BinaryIO, attachment: Attachment, target: BinaryIO) -> int:
    """Write an attachment of `mail` into `target`; gives its bytes.

    Raises:
        Rejected: it is not there, empty, or larger than a parser may write.

    """
    outlook = mail.read(len(OLE)) == OLE
    mail.seek(0)
    parser = cast("MailParser", import_module(f"{PACKAGE}.{PARSERS['msg' if outlook else 'eml']}"))
    content = parser.take_out(mail, attachment)
    if not 0 < len(content) <= FILE_BYTES:
        raise Rejected(f"it is larger than {FILE_BYTES // 1024**2} MiB" if content else "it is empty")
    target.write(content)
    return len(content)
