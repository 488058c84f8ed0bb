"""From documents to a store: split, embedded in full batches, written whole."""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence

import numpy as np
from anyio import to_thread

from groundsel_pipelines.chunking import PASSAGE_TOKENS, embedded_text, split
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.types import Document, IndexedDocument, Passage, Vectors

# Enough short and long passages that sorting them by length leaves little padding, and two to five seconds of work on
# two cores: what is lost when a run is interrupted.
BATCH_PASSAGES = 256
BATCH_CHARACTERS = 4_000_000  # of documents waiting for a batch to fill: few passages may hold much that is no word
SPECIAL_TOKENS = 2  # around each passage, counted in Embedder.max_tokens and not by Embedder.tokens


async def embedded(documents: AsyncIterable[Document], embedder: Embedder) -> AsyncGenerator[list[IndexedDocument]]:
    """Yield `documents` with their passages and vectors, as many at a time as make a full batch for the embedder."""
    waiting: list[tuple[Document, tuple[Passage, ...]]] = []
    async for document in documents:
        waiting.append((document, await to_thread.run_sync(passages_of, document, embedder)))
        passages = sum(len(each) for _, each in waiting)
        if passages >= BATCH_PASSAGES or sum(len(each.text) for each, _ in waiting) >= BATCH_CHARACTERS:
            yield await embed(waiting, embedder)
            waiting = []
    if waiting:
        yield await embed(waiting, embedder)


def passages_of(document: Document, embedder: Embedder) -> tuple[Passage, ...]:
    return split(document, embedder.tokens, budget=min(PASSAGE_TOKENS, embedder.max_tokens - SPECIAL_TOKENS))


async def embed(documents: Sequence[tuple[Document, tuple[Passage, ...]]], embedder: Embedder) -> list[IndexedDocument]:
    """Embed the passages of all documents together, one full batch a call so that a run can be cancelled between."""
    texts = [embedded_text(passage) for _, passages in documents for passage in passages]
    vectors: Vectors = np.empty((len(texts), embedder.dimensions), np.float32)
    for start in range(0, len(texts), BATCH_PASSAGES):
        batch = texts[start : start + BATCH_PASSAGES]
        vectors[start : start + len(batch)] = await to_thread.run_sync(embedder.embed_passages, batch)
    indexed = []
    first = 0
    for document, passages in documents:
        last = first + len(passages)
        indexed.append(IndexedDocument(document=document, passages=passages, vectors=vectors[first:last]))
        first = last
    return indexed


async def index_documents(documents: AsyncIterable[Document], *, embedder: Embedder, store: Store) -> None:
    """Write `documents` to `store`; when this returns, all of them are durable.

    Raises:
        VersionConflict: the store holds a newer version of one.

    """
    async for batch in embedded(documents, embedder):
        await store.write(batch)
