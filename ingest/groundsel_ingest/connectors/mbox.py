"""The mails of an mbox file (RFC 4155), as mail programs export them, and what is attached to them."""

import hashlib
import mailbox
import threading
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from groundsel_ingest.connector import Change, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.connectors.stepping import stepped
from groundsel_ingest.extracting.parsers.mail import attached
from groundsel_ingest.extracting.parsers.mail import content as part
from groundsel_pipelines.errors import InvalidInput, Rejected


class MboxOptions(Options):
    file: Path
    attachments: bool = True  # as documents of their own


def create(source: Source) -> "Mbox":
    options = source.read(MboxOptions)
    if not options.file.is_file():
        raise InvalidInput(f"there is no file {options.file}; give the mbox of source {source.name!r}")
    return Mbox(options, name=source.name, principals=source.principals)


class Mbox:
    """Lists every mail of the file. A mail is called by the hash of its bytes: it stays itself wherever it stands."""

    ruled = False

    def __init__(self, options: MboxOptions, *, name: str, principals: frozenset[str]) -> None:
        self.name = name
        self.place = str(options.file.resolve())
        self._options = options
        self._principals = principals
        self._lock = threading.Lock()  # the file has one position
        self._box = mailbox.mbox(options.file, factory=None, create=False)
        self._keys: dict[str, str] = {}  # where each mail stands in the file, by its hash

    def close(self) -> None:
        self._box.close()

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - listed whole
        async with aclosing(stepped(self._mails())) as batches:
            async for batch in batches:
                for item in batch:
                    yield Upsert(item=item), ""
        yield ListingEnd(), ""

    def open(self, item: Item) -> BinaryIO:
        digest, _, section = item.native_id.partition("/")
        if digest not in self._keys:
            for _ in self._mails():  # someone asks for it who has not listed anything
                pass
        if digest not in self._keys:
            raise Rejected("it is gone since it was listed")
        with self._lock:
            content = self._box.get_bytes(self._keys[digest])
        if hashed(content) != digest:
            raise Rejected("the file was written while it was read; it is listed again in the next run")
        if not section:
            return BytesIO(content)
        return BytesIO(part(message_from_bytes(content, policy=policy.default), int(section)))

    def _mails(self) -> Generator[Sequence[Item]]:
        """Yield each mail with its attachments; one that stands there twice is listed once."""
        with self._lock:
            keys = list(self._box.keys())
        seen: set[str] = set()
        for key in keys:
            with self._lock:
                content = self._box.get_bytes(key)
            digest = hashed(content)
            self._keys[digest] = key
            if digest not in seen:
                seen.add(digest)
                yield list(self._items(digest, content))

    def _items(self, digest: str, content: bytes) -> Generator[Item]:
        place = f"{Path(self.place).as_uri()}#{digest}"

        def item(native_id: str, name: str, uri: str) -> Item:
            return Item(
                native_id=native_id, name=name, uri=uri, stamp="", modified_at=None, allowed=self._principals,
                unpack=False,
            )  # fmt: skip

        yield item(digest, "mail.eml", place)
        if self._options.attachments:
            message = message_from_bytes(content, policy=policy.default)
            for number, name in attached(message):
                yield item(f"{digest}/{number}", name, f"{place}/{number}")


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
