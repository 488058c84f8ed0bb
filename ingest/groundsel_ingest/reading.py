"""From an item of a source to a document: copied and hashed, parsed in a child, its language told."""

import errno
import hashlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import BinaryIO

from anyio import to_thread

from groundsel_ingest.attachments import named
from groundsel_ingest.connector import Connector, Item
from groundsel_ingest.extracting.formats import media_type
from groundsel_ingest.extracting.parsed import ParsedDocument
from groundsel_ingest.extracting.pool import ParserPool
from groundsel_pipelines.characters import one_line
from groundsel_pipelines.errors import Rejected, Unavailable
from groundsel_pipelines.languages import detect_language
from groundsel_pipelines.types import Document

BLOCK_BYTES = 1024**2
MOST_BYTES = 100 * 1024**2  # of one document: what a parser's memory still holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bytes of an item as they were at one moment: what is hashed is what is parsed."""

    file: BinaryIO  # a copy without a name, gone once closed
    sha256: str  # of the bytes, and of the title and address that the source gives them


def copy(connector: Connector, item: Item) -> Content:
    """Copy the content of `item`, for the caller to close; called in a worker thread.

    Raises:
        Rejected: it cannot be read, is empty or too large.
        Unavailable: there is no room for the copy.

    """
    digest = beginning(item)
    file = tempfile.TemporaryFile(prefix="groundsel-")  # noqa: SIM115 - closed by whoever parses it
    try:
        with connector.open(item) as source:
            while file.tell() <= MOST_BYTES and (block := source.read(BLOCK_BYTES)):
                digest.update(block)
                file.write(block)
        file.flush()
    except OSError as error:
        file.close()
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unavailable(
                f"the disk of {tempfile.gettempdir()} is full; free some space and run the command again"
            ) from None
        raise Rejected(f"it cannot be read: {error.strerror}") from error
    except BaseException:
        file.close()
        raise
    if not 0 < file.tell() <= MOST_BYTES:
        reason = f"it is larger than {MOST_BYTES // 1024**2} MiB" if file.tell() else "it is empty"
        file.close()
        raise Rejected(reason)
    return Content(file=file, sha256=digest.hexdigest())


async def fetch(connector: Connector, item: Item, pool: ParserPool) -> Content:
    """Copy the content of `item`; what is attached to a mail is taken out of it in a child.

    Raises:
        Rejected: as `copy`.
        Unavailable: likewise.

    """
    if not item.attached_to:
        return await to_thread.run_sync(copy, connector, item)
    mail = await to_thread.run_sync(copy, connector, replace(item, native_id=item.attached_to))
    file = tempfile.TemporaryFile(prefix="groundsel-")  # noqa: SIM115 - closed by whoever parses it
    try:
        with mail.file:
            await pool.take_out(mail.file, named(item.native_id), file)
        digest = beginning(item)
        file.seek(0)
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    except BaseException:
        file.close()
        raise
    return Content(file=file, sha256=digest.hexdigest())


def beginning(item: Item) -> "hashlib._Hash":
    """Begin a hash with what the source itself says of `item`: it is shown, so a change of it counts."""
    return hashlib.sha256(f"{item.title}\0{item.uri}\0".encode(errors="replace"))


async def parse(content: Content, item: Item, pool: ParserPool, *, ocr: str = "") -> ParsedDocument:
    """Parse what was copied of `item`, and close it.

    Raises:
        Rejected: no parser reads it.

    """
    with content.file:
        kind = media_type(item.name)
        if kind is None:
            suffix = PurePath(item.name).suffix.lower() or "files without a suffix"
            raise Rejected(f"no parser reads {suffix}")
        return await pool.parse(content.file, media_type=kind, name=item.name, ocr=ocr)


async def as_document(
    parsed: ParsedDocument, item: Item, *, doc_id: str, collection: str, source: str, version: int
) -> Document:
    """Make the document that is indexed; its own date counts before its file's."""
    language = await to_thread.run_sync(detect_language, f"{parsed.title}\n{parsed.text}")
    return Document(
        doc_id=doc_id,
        collection=collection,
        source=source,
        uri=item.uri,
        title=one_line(item.title) or parsed.title,
        text=parsed.text,
        media_type=media_type(item.name) or "",
        language=language,
        version=version,
        updated_at=parsed.updated_at or item.modified_at,
        allowed=item.allowed,
        denied=item.denied,
        blocks=parsed.blocks,
        metadata=parsed.metadata,
    )
