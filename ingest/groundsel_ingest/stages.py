"""The three stages of a sync, joined by bounded queues: discover what there is, read what changed, index it."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Protocol
from urllib.parse import unquote

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from groundsel_ingest.allowance import Allowance
from groundsel_ingest.attachments import attached, may_hold_others, noted
from groundsel_ingest.connector import Connector, Delete, Item, ListingEnd, Upsert
from groundsel_ingest.dead_letters import written
from groundsel_ingest.entry import GONE, Entry
from groundsel_ingest.extracting import formats
from groundsel_ingest.extracting.parsed import Attachment
from groundsel_ingest.extracting.pool import ParserPool
from groundsel_ingest.manifest import Manifest
from groundsel_ingest.reading import as_document, fetch, parse
from groundsel_ingest.report import Rejection
from groundsel_pipelines.chunking import PASSAGE_TOKENS
from groundsel_pipelines.errors import Rejected, VersionConflict
from groundsel_pipelines.indexing import embedded
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.types import Document, IndexedDocument

NOTED_AT_ONCE = 500  # listed items in one transaction
READ_AHEAD_CHARACTERS = 20_000_000  # text parsed and not yet stored: 80 MB at most


class Progress(Protocol):
    """Is told how far a run has come."""

    def discovered(self, count: int) -> None: ...

    def done(self, count: int) -> None: ...


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a run has counted so far."""

    discovered: int = 0
    indexed: int = 0
    unchanged: int = 0
    partial: int = 0
    deleted: int = 0
    repeated: int = 0  # listed more than once
    withheld: int = 0  # deletes that were not made
    filtered: Counter[str] = field(default_factory=Counter[str])  # by type
    rejections: list[Rejection] = field(default_factory=list[Rejection])
    warnings: list[str] = field(default_factory=list[str])

    def sums(self) -> Mapping[str, int]:
        """Give the sums by their names in the report."""
        return {
            "discovered": self.discovered,
            "indexed": self.indexed,
            "unchanged": self.unchanged,
            "filtered": self.filtered.total(),
            "rejected": len(self.rejections),
            "deleted": self.deleted,
            "partial": self.partial,
        }


def identify(collection: str, source: str, native_id: str) -> str:
    """Give the id by which a document is known for as long as its source names it so."""
    digest = hashlib.blake2b(f"{source}\0".encode() + os.fsencode(native_id), digest_size=10)
    return f"{collection}/{digest.hexdigest()}"


def readers(item: Item) -> str:
    """Write down who may and may not read `item`, to be compared."""
    return json.dumps([sorted(item.allowed), sorted(item.denied)])


def fingerprint_of(connector: Connector, embedder: Embedder, *, ocr: str = "") -> str:
    """Name everything but its content that makes a document's passages and vectors what they are."""
    parts = [connector.place, formats.VERSION, str(PASSAGE_TOKENS), embedder.model_id]
    return "; ".join([*parts, f"ocr {ocr}"] if ocr else parts)


class Stages:
    """Carries the documents of one source from its listing to the store's acknowledgement."""

    def __init__(
        self,
        *,
        connector: Connector,
        manifest: Manifest,
        store: Store,
        embedder: Embedder,
        collection: str,
        progress: Progress,
        ocr: str = "",
    ) -> None:
        self._ocr = ocr
        self._connector = connector
        self._manifest = manifest
        self._store = store
        self._embedder = embedder
        self._collection = collection
        self._progress = progress
        self._fingerprint = fingerprint_of(connector, embedder, ocr=ocr)
        self._allowance = Allowance(READ_AHEAD_CHARACTERS)
        self._pending: dict[str, tuple[Item, Entry]] = {}  # by doc_id: what is to be noted of documents on their way
        self._discovering = anyio.CancelScope()
        self._draining = False
        self.tally = Tally()
        self.end: ListingEnd | None = None  # of a listing that came to its end
        self.gone: list[str] = []  # doc_ids of what the source itself calls deleted
        self.cursor = ""

    def drain(self) -> None:
        """Take nothing new up; what is read already is still stored."""
        self._draining = True
        self._discovering.cancel()

    @property
    def drained(self) -> bool:
        return self._draining

    # ------------------------------------------------------------ discover

    async def discover(self, items: MemoryObjectSendStream[Item]) -> None:
        """Note everything that the source lists, and pass on what may have changed."""
        async with items:
            with self._discovering:
                await self._discover(items)

    async def _discover(self, items: MemoryObjectSendStream[Item]) -> None:
        noted: list[Item] = []
        async with aclosing(self._connector.changes(self._manifest.cursor)) as changes:
            async for change, cursor in changes:
                self.cursor = cursor
                match change:
                    case Upsert(item=item):
                        noted.append(item)
                        if len(noted) == NOTED_AT_ONCE:
                            await self._pass_on(noted, items)
                            noted = []
                    case Delete(native_id=native_id):
                        self.gone.append(identify(self._collection, self._connector.name, native_id))
                        self.gone += (each.doc_id for each in self._manifest.attached(native_id))
                    case ListingEnd():
                        self.end = change
        await self._pass_on(noted, items)

    async def _pass_on(self, listed: Sequence[Item], items: MemoryObjectSendStream[Item]) -> None:
        for item in self._note(listed):
            await items.send(item)

    def _note(self, listed: Sequence[Item]) -> list[Item]:
        """Note that items exist; gives those that may have changed, with what is attached to those that have not."""
        again = self._manifest.listed(
            (item.native_id, identify(self._collection, self._connector.name, item.native_id)) for item in listed
        )
        noted = [item for item in listed if item.native_id not in again]
        self.tally.repeated += sum(item.native_id in again and not item.attached_to for item in listed)
        self.tally.discovered += len(noted)
        self._progress.discovered(len(noted))
        changed, below = list[Item](), list[Item]()
        for item in noted:
            entry = self._manifest.entry(item.native_id)
            if formats.media_type(item.name) is None:
                self.tally.filtered[PurePath(item.name).suffix.lower() or "no suffix"] += 1
                self._progress.done(1)
            elif entry is not None and self._settled(entry, item) and entry.stamp == item.stamp:
                self._unchanged()
                below += self._attached_to(item)
            elif entry is not None and self._hopeless(entry, item):
                self._tell(item, entry.reason)
                below += self._attached_to(item)
            else:
                changed.append(item)
        return [*changed, *self._note(below)] if below else changed

    def _attached_to(self, mail: Item) -> list[Item]:
        """Give what was attached to a mail when it was last read; what was attached to it before that is gone."""
        if not may_hold_others(mail):
            return []
        entries = self._manifest.attached(mail.native_id)
        self.gone += (each.doc_id for each in entries if each.stamp == GONE)
        return noted(mail, entries)

    def _settled(self, entry: Entry, item: Item) -> bool:
        """Say whether the store holds `item` as all but its content would have it now."""
        return (
            entry.state == "acknowledged" and entry.access == readers(item) and entry.fingerprint == self._fingerprint
        )

    def _hopeless(self, entry: Entry, item: Item) -> bool:
        """Say whether `item` was rejected as it is now, by what would read it now: another try would end alike."""
        return (entry.state, entry.stamp, entry.fingerprint) == ("rejected", item.stamp, self._fingerprint)

    def _unchanged(self) -> None:
        self.tally.unchanged += 1
        self._progress.done(1)

    # ------------------------------------------------------------ read

    async def read(
        self,
        items: MemoryObjectReceiveStream[Item],
        documents: MemoryObjectSendStream[Document],
        pool: ParserPool,
    ) -> None:
        """Copy, compare and parse one item after another; several of these run side by side."""
        async with items, documents:
            async for item in items:
                waiting = [item]
                while waiting and not self._draining:
                    document, attached = await self._read(waiting.pop(), pool)
                    waiting += attached
                    if document is not None:
                        await self._allowance.take(len(document.text))
                        await documents.send(document)

    async def _read(self, item: Item, pool: ParserPool) -> tuple[Document | None, Sequence[Item]]:
        """Give the document, or None where its content is what the store holds, and what is attached to it."""
        entry = self._manifest.entry(item.native_id)
        try:
            content = await fetch(self._connector, item, pool)
        except Rejected as error:
            await self._reject_with_attached(item, error.reason, fingerprint="")
            return None, ()
        if entry is not None and self._settled(entry, item) and entry.content == content.sha256:
            content.file.close()
            self._manifest.restamped(item.native_id, item.stamp)
            self._unchanged()
            return None, self._note(self._attached_to(item))
        try:
            parsed = await parse(content, item, pool, ocr=self._ocr)
        except Rejected as error:
            await self._reject_with_attached(item, error.reason, fingerprint=self._fingerprint)
            return None, ()
        changed = self._attach(item, parsed.attachments) if may_hold_others(item) else []
        if parsed.partial_reason is not None:
            self.tally.partial += 1
            self.tally.warnings.append(f"{unquote(item.uri)}: {parsed.partial_reason}")
        document = await as_document(
            parsed,
            item,
            doc_id=identify(self._collection, self._connector.name, item.native_id),
            collection=self._collection,
            source=self._connector.name,
            version=self._manifest.next_version(),
        )
        self._pending[document.doc_id] = (
            item,
            Entry(
                native_id=item.native_id,
                doc_id=document.doc_id,
                state="sent",
                stamp=item.stamp,
                content=content.sha256,
                access=readers(item),
                fingerprint=self._fingerprint,
                version=document.version,
            ),
        )
        return document, changed

    def _attach(self, mail: Item, attachments: Sequence[Attachment]) -> list[Item]:
        """Note what is attached to a mail, before the mail is stored; gives what is to be read of it."""
        now = attached(mail, attachments)
        self._manifest.attach(mail.native_id, mail.stamp, (each.native_id for each in now))
        self.gone += (each.doc_id for each in self._manifest.attached(mail.native_id) if each.stamp == GONE)
        return self._note(now)

    async def _reject_with_attached(self, item: Item, reason: str, *, fingerprint: str) -> None:
        """Reject a mail, and with it what is known to be attached to it: both stay as they were read before."""
        await self._reject(item, reason, fingerprint=fingerprint)
        for each in self._note(self._attached_to(item)):
            await self._reject(each, f"its mail cannot be read: {reason}", fingerprint=fingerprint)

    async def _reject(self, item: Item, reason: str, *, fingerprint: str) -> None:
        """Tell why `item` is not indexed; what was indexed of it stays, unless others may read it now."""
        entry = self._manifest.entry(item.native_id)
        if entry is not None and entry.version and entry.access != readers(item):
            await self._store.delete(entry.doc_id, version=self._manifest.deleting(entry.doc_id))
            self._manifest.deleted(entry.doc_id)
        self._note_rejection(item, reason, fingerprint=fingerprint)

    def _note_rejection(self, item: Item, reason: str, *, fingerprint: str) -> None:
        """Put `item` among the dead letters; it is tried again in the next run, or once `fingerprint` has changed."""
        self._manifest.rejected(item.native_id, reason, stamp=item.stamp, fingerprint=fingerprint, item=written(item))
        self._tell(item, reason)

    def _tell(self, item: Item, reason: str) -> None:
        self.tally.rejections.append(Rejection(uri=item.uri, reason=reason))
        self._progress.done(1)

    # ------------------------------------------------------------ index

    async def embed(
        self,
        documents: MemoryObjectReceiveStream[Document],
        batches: MemoryObjectSendStream[list[IndexedDocument]],
    ) -> None:
        async with documents, batches:
            async for batch in embedded(documents, self._embedder):
                await batches.send(batch)

    async def write(self, batches: MemoryObjectReceiveStream[list[IndexedDocument]]) -> None:
        """Write batch after batch, noted before and after, so that a crash between repeats and never skips."""
        async with batches:
            async for batch in batches:
                pending = [self._pending.pop(each.document.doc_id) for each in batch]
                self._manifest.sent([entry for _, entry in pending])
                try:
                    await self._store.write(batch)
                except VersionConflict:
                    pending = await self._taken(
                        pending, otherwise="the store holds a newer version of it; run the ingest again", fingerprint=""
                    )
                except Rejected as error:
                    pending = await self._taken(pending, otherwise=error.reason, fingerprint=self._fingerprint)
                self._manifest.acknowledged([entry for _, entry in pending])
                self.tally.indexed += len(pending)
                self._progress.done(len(pending))
                await self._allowance.give_back(sum(len(each.document.text) for each in batch))

    async def _taken(
        self, pending: Sequence[tuple[Item, Entry]], *, otherwise: str, fingerprint: str
    ) -> list[tuple[Item, Entry]]:
        """Read back which of a batch the store took; of the others, say why not."""
        stored = await self._store.versions(self._collection, self._connector.name)
        taken = []
        for item, entry in pending:
            if stored.get(entry.doc_id) == entry.version:
                taken.append((item, entry))
            else:
                self._note_rejection(item, otherwise, fingerprint=fingerprint)
        return taken
