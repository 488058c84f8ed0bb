"""Documents that are sent one at a time by whoever holds them: written whole, under the sender's own version."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

import anyio
from anyio import to_thread

from groundsel_pipelines.characters import clean, one_line
from groundsel_pipelines.errors import Busy, InvalidInput
from groundsel_pipelines.indexing import embed, passages_of
from groundsel_pipelines.languages import detect_language
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.types import Document

SOURCE: Final = "push"
SYNCED: Final = re.compile(r"[^/]+/(?:[0-9a-f]{20}|sync:.*)", re.DOTALL)
"""The ids of what a sync writes: of a document, a hash of its source and its name there; of a note, `sync:SOURCE`."""
MOST_WAITING = 16  # documents; a sender that is quicker than the embedder is told to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of a document."""

    created: bool  # no sender or reader of it had one of that id before
    passages: int


@dataclass(slots=True, kw_only=True)
class Pusher:
    """Takes documents in, one after another, as the embedder has only one machine to work with."""

    store: Store
    embedder: Embedder
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    async def put(self, document: Document) -> Pushed:
        """Clean, split, embed and write `document`; when this returns, it is durable.

        Its language is told by its text, and its source is `push`.

        Raises:
            InvalidInput: it has no text, or an id that only a sync gives.
            VersionConflict: a newer version of it, or of its delete, is stored.
            Busy: too many are waiting.
            Rejected, Unavailable: as `Store.write`.

        """
        check_id(document.doc_id)
        text = clean(document.text)
        if not text.strip():
            raise InvalidInput("there is no text in the document")
        title = one_line(document.title)
        document = replace(
            document,
            source=SOURCE,
            text=text,
            title=title,
            language=await to_thread.run_sync(detect_language, f"{title}\n{text}"),
        )
        if self._turn.statistics().tasks_waiting >= MOST_WAITING:
            raise Busy("many documents are waiting to be indexed; send this one again in a moment")
        async with self._turn:
            known = await self.store.read(document.doc_id, principals=document.allowed)
            passages = await to_thread.run_sync(passages_of, document, self.embedder)
            await self.store.write(await embed([(document, passages)], self.embedder))
        return Pushed(created=known is None, passages=len(passages))

    async def delete(self, doc_id: str, *, version: int) -> None:
        """Take a document out; one that is not there is gone already.

        Raises:
            InvalidInput: only a sync gives such an id.
            Unavailable: as `Store.delete`.

        """
        check_id(doc_id)
        async with self._turn:
            await self.store.delete(doc_id, version=version)


def check_id(doc_id: str) -> None:
    """Keep what is pushed apart from what is synced: neither may replace or delete the other's documents.

    Raises:
        InvalidInput: only a sync gives such an id.

    """
    if SYNCED.fullmatch(doc_id):
        raise InvalidInput(
            f"{doc_id!r} is the id of a document that a sync keeps: change it in its source, or push under another id"
        )
