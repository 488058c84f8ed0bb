"""A store in a dictionary: small enough to be seen to be right, for unit tests of what stands upon a store."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from groundsel_pipelines.protocols import StoreStatistics
from groundsel_pipelines.stores.visibility import facet_value, keeps, may_see
from groundsel_pipelines.types import (
    Document,
    Facet,
    FilterField,
    Hit,
    IndexedDocument,
    MatchSet,
    Passage,
    Query,
    Ranking,
    Suggestion,
    Vectors,
)
from groundsel_pipelines.words import stems


class MemoryStore:
    """Ranks by the number of words that passage and query share; versions are not fenced."""

    def __init__(self, *documents: IndexedDocument) -> None:
        self.held = {indexed.document.doc_id: indexed for indexed in documents}
        self.synced: dict[str, datetime] = {}

    async def prepare(self) -> None: ...

    async def close(self) -> None: ...

    async def write(self, documents: Sequence[IndexedDocument]) -> None:
        self.held |= {indexed.document.doc_id: indexed for indexed in documents}

    async def delete(self, doc_id: str, *, version: int) -> None:
        self.held.pop(doc_id, None)

    async def search_lexical(self, query: Query) -> Ranking:
        scores = ((passage, shared_words(query, passage)) for passage, _ in self.visible(query))
        return ranking("lexical", [(passage, score) for passage, score in scores if score], query.top_k)

    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        scores = [(passage, float(row @ vector[0])) for passage, row in self.visible(query)]
        return ranking("dense", scores, query.top_k)

    async def match_set(self, query: Query, *, also: frozenset[str], facets: Sequence[FilterField]) -> MatchSet:
        matched = also | {passage.doc_id for passage, _ in self.visible(query) if shared_words(query, passage)}
        documents = [self.held[doc_id].document for doc_id in matched]
        return MatchSet(total=len(matched), facets=tuple(facet(field, documents) for field in facets))

    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        held = self.held.get(doc_id)
        if held is None or not may_see(held.document.allowed, held.document.denied, principals):
            return None
        return held.document

    async def locate(self, name: str, *, principals: frozenset[str]) -> tuple[str, ...]:
        documents = (held.document for held in self.held.values())
        return tuple(
            document.doc_id
            for document in documents
            if may_see(document.allowed, document.denied, principals) and f"/{document.uri}".endswith(f"/{name}")
        )

    async def suggest(self, prefix: str, *, principals: frozenset[str], limit: int) -> tuple[Suggestion, ...]:
        documents = (held.document for held in self.held.values())
        return tuple(
            Suggestion(text=document.title, doc_id=document.doc_id)
            for document in documents
            if may_see(document.allowed, document.denied, principals) and document.title.startswith(prefix)
        )[:limit]

    async def versions(self, collection: str, source: str) -> Mapping[str, int]:
        documents = (held.document for held in self.held.values())
        return {
            document.doc_id: document.version
            for document in documents
            if (document.collection, document.source) == (collection, source)
        }

    async def record_sync(self, collection: str, source: str, at: datetime) -> None:
        self.synced[source] = at

    async def as_of(self) -> Mapping[str, datetime]:
        return self.synced

    async def statistics(self) -> StoreStatistics:
        passages = sum(len(held.passages) for held in self.held.values())
        return StoreStatistics(
            documents=len(self.held), passages=passages, bytes_on_disk=0, embedding_model="", dimensions=0
        )

    def visible(self, query: Query) -> list[tuple[Passage, Vectors]]:
        return [
            (passage, row)
            for held in self.held.values()
            if keeps(held.document, query)
            for passage, row in zip(held.passages, held.vectors, strict=True)
        ]


def shared_words(query: Query, passage: Passage) -> int:
    return len(stems(query.text, passage.language) & stems(f"{passage.title} {passage.text}", passage.language))


def ranking(retriever: str, scores: Sequence[tuple[Passage, float]], top_k: int) -> Ranking:
    best = sorted(scores, key=lambda scored: (-scored[1], scored[0].passage_id))[:top_k]
    return tuple(
        Hit(passage=passage, rank=rank, score=float(np.float32(score)), retriever=retriever)
        for rank, (passage, score) in enumerate(best, start=1)
    )


def facet(field: FilterField, documents: Sequence[Document]) -> Facet:
    values = (facet_value(document, field) for document in documents)
    counts = Counter(value for value in values if value is not None)
    return Facet(field=field, counts=tuple(sorted(counts.items(), key=lambda count: (-count[1], count[0]))))
