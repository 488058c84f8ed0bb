"""Makes small indexed documents for unit tests: a text, cut and embedded as an ingest would do it."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import anyio

from fakes import HashEmbedder
from groundsel_pipelines.chunking import embedded_text, split
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.types import Document, IndexedDocument

EMBEDDER = HashEmbedder(dimensions=64)
AnyStore = TypeVar("AnyStore", bound=Store)
STAFF = frozenset({"group:staff"})


def indexed(
    name: str,
    text: str,
    *,
    title: str = "",
    allowed: frozenset[str] = STAFF,
    denied: frozenset[str] = frozenset(),
) -> IndexedDocument:
    document = Document(
        doc_id=f"docs/{name}",
        collection="docs",
        source="files",
        uri=f"file:///{name}",
        title=title,
        text=text,
        media_type=name.rpartition(".")[2],
        language="en",
        version=1,
        updated_at=None,
        allowed=allowed,
        denied=denied,
    )
    return embedded(document)


def numbered(
    collection: str,
    number: int,
    text: str,
    *,
    title: str,
    version: int = 1,
    allowed: frozenset[str] = STAFF,
    embedder: Embedder = EMBEDDER,
) -> IndexedDocument:
    """Make one of many: `collection/number`, from the source "files"."""
    document = Document(
        doc_id=f"{collection}/{number}",
        collection=collection,
        source="files",
        uri=f"/{number}.md",
        title=title,
        text=text,
        media_type="md",
        language="en",
        version=version,
        updated_at=None,
        allowed=allowed,
    )
    return embedded(document, embedder)


def embedded(document: Document, embedder: Embedder = EMBEDDER) -> IndexedDocument:
    """Cut a document into passages and embed them."""
    passages = split(document, embedder.tokens)
    vectors = embedder.embed_passages([embedded_text(passage) for passage in passages])
    return IndexedDocument(document=document, passages=passages, vectors=vectors)


def filled(store: AnyStore, *documents: IndexedDocument) -> AnyStore:
    anyio.run(store.write, documents)
    return store


def of_date(held: IndexedDocument, updated_at: datetime) -> IndexedDocument:
    return replace(
        held,
        document=replace(held.document, updated_at=updated_at),
        passages=tuple(replace(passage, updated_at=updated_at) for passage in held.passages),
    )


def hidden_in_fact(held: IndexedDocument) -> IndexedDocument:
    """Let nobody see the passages while the document says otherwise: a store that fails its asker."""
    passages = tuple(replace(passage, allowed=frozenset[str]()) for passage in held.passages)
    return replace(held, passages=passages)
