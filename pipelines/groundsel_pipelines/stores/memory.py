"""A store in a dict: what the protocol means, written as plainly as possible; for tests and for trying things out."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from groundsel_pipelines.chunking import embedded_text
from groundsel_pipelines.errors import VersionConflict
from groundsel_pipelines.protocols import BothLegs, StorePlace, StoreStatistics
from groundsel_pipelines.stores.analysis import texts_of
from groundsel_pipelines.stores.fields import told_names
from groundsel_pipelines.stores.legs import side_by_side
from groundsel_pipelines.stores.visibility import facet_value, keeps, may_see
from groundsel_pipelines.types import (
    Document,
    Facet,
    FacetField,
    Hit,
    IndexedDocument,
    MatchSet,
    Passage,
    Query,
    Ranking,
    Suggestion,
    Vectors,
    Vocabulary,
)
from groundsel_pipelines.understanding.abbreviations import abbreviations
from groundsel_pipelines.understanding.completing import ranked, suggestion
from groundsel_pipelines.understanding.harvesting import completions, vocabulary_of, word_forms
from groundsel_pipelines.words import fold

EVER = datetime.min.replace(tzinfo=UTC)
K1, B = 1.2, 0.75  # Robertson and Zaragoza 2009; what Lucene and tantivy take too


class MemoryStore:
    """Nothing outlives the process."""

    def __init__(self, *, embedding_model: str = "", dimensions: int = 0) -> None:
        self._embedding_model = embedding_model
        self._dimensions = dimensions
        self._versions: dict[str, int] = {}  # of deleted documents too
        self._documents: dict[str, IndexedDocument] = {}
        self._synced: dict[str, datetime] = {}

    async def prepare(self) -> None:
        pass

    async def warm_up(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def write(self, documents: Sequence[IndexedDocument]) -> None:
        refused: list[str] = []
        for indexed in documents:
            doc_id, version = indexed.document.doc_id, indexed.document.version
            if self._versions.get(doc_id, version) > version:
                refused.append(doc_id)
            else:
                self._versions[doc_id] = version
                self._documents[doc_id] = indexed
        if refused:
            raise VersionConflict(
                f"{refused[0]} is stored at version {self._versions[refused[0]]}; an older one was refused"
            )

    async def delete(self, doc_id: str, *, version: int) -> None:
        if self._versions.get(doc_id, version) > version:
            raise VersionConflict(
                f"{doc_id} is stored at version {self._versions[doc_id]}; an older delete was refused"
            )
        self._versions[doc_id] = version
        self._documents.pop(doc_id, None)

    async def search_lexical(self, query: Query) -> Ranking:
        passages = [passage for indexed in self._documents.values() for passage in indexed.passages]
        words = {passage.passage_id: Counter(_words(embedded_text(passage))) for passage in passages}
        mean = sum(count.total() for count in words.values()) / max(1, len(words))
        scores: dict[str, float] = {}
        for term, asked in Counter(_words(query.text)).items():
            holding = [passage_id for passage_id, count in words.items() if term in count]
            rarity = math.log(1 + (len(words) - len(holding) + 0.5) / (len(holding) + 0.5))
            for passage_id in holding:
                times, length = words[passage_id][term], words[passage_id].total()
                score = asked * rarity * times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean))
                scores[passage_id] = scores.get(passage_id, 0.0) + score
        return self._ranking(query, "lexical", scores)

    async def search_by_date(self, query: Query, *, newest_first: bool) -> Ranking:
        found = await self.search_lexical(replace(query, top_k=1_000_000))
        best: dict[str, Hit] = {}
        for hit in found:
            best.setdefault(hit.passage.doc_id, hit)
        ordered = sorted(best.values(), key=lambda hit: hit.passage.doc_id)
        ordered.sort(key=lambda hit: hit.passage.updated_at or EVER, reverse=newest_first)
        ordered.sort(key=lambda hit: hit.passage.updated_at is None)
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered[: query.top_k], start=1))

    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        scores = {
            passage.passage_id: float(np.dot(row, vector[0]))
            for indexed in self._documents.values()
            for passage, row in zip(indexed.passages, indexed.vectors, strict=True)
        }
        return self._ranking(query, "dense", scores)

    async def search_both(self, query: Query, vector: Vectors, *, seconds: float) -> BothLegs:
        return await side_by_side(self.search_lexical(query), self.search_dense(query, vector), seconds=seconds)

    def _ranking(self, query: Query, retriever: str, scores: Mapping[str, float]) -> Ranking:
        passages: list[Passage] = [
            passage
            for indexed in self._documents.values()
            if _passes(indexed, query)
            for passage in indexed.passages
            if passage.passage_id in scores
        ]
        passages.sort(key=lambda passage: (-scores[passage.passage_id], passage.passage_id))
        return tuple(
            Hit(passage=passage, rank=rank, score=scores[passage.passage_id], retriever=retriever)
            for rank, passage in enumerate(passages[: query.top_k], start=1)
        )

    async def match_set(self, query: Query, *, also: frozenset[str], facets: Sequence[FacetField]) -> MatchSet:
        asked = set(_words(query.text))
        found = [
            indexed.document
            for indexed in self._documents.values()
            if _passes(indexed, query)
            and (
                indexed.document.doc_id in also
                or any(asked & set(_words(embedded_text(passage))) for passage in indexed.passages)
            )
        ]
        return MatchSet(total=len(found), facets=tuple(_facet(field, found) for field in facets))

    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        indexed = self._documents.get(doc_id)
        if indexed and may_see(indexed.document.allowed, indexed.document.denied, principals):
            return indexed.document
        return None

    async def locate(self, name: str, *, principals: frozenset[str]) -> tuple[str, ...]:
        documents = sorted((indexed.document for indexed in self._visible(principals)), key=lambda found: found.uri)
        return tuple(found.doc_id for found in documents if found.uri == name or found.uri.endswith(f"/{name}"))

    async def suggest(self, prefix: str, *, principals: frozenset[str], limit: int) -> tuple[Suggestion, ...]:
        begin = fold(prefix)
        found = (
            suggestion(text, kind, indexed.document.doc_id)
            for indexed in self._visible(principals)
            for text, kind in completions(indexed.document.title, indexed.passages, indexed.document.language)
        )
        return ranked(found, begin, limit) if begin else ()

    async def vocabulary(self, *, principals: frozenset[str], collections: tuple[str, ...] = ()) -> Vocabulary:
        words: Counter[str] = Counter()
        explained: Counter[tuple[str, str]] = Counter()
        told = [
            each for each in self._visible(principals) if not collections or each.document.collection in collections
        ]
        for indexed in told:
            texts = texts_of(indexed.document.title, indexed.passages)
            words.update(word_forms(texts))
            explained.update(abbreviations(texts))
        names = told_names(indexed.document.metadata for indexed in told)
        return vocabulary_of(words.items(), explained.items(), names)

    def _visible(self, principals: frozenset[str]) -> list[IndexedDocument]:
        return [
            indexed
            for indexed in self._documents.values()
            if may_see(indexed.document.allowed, indexed.document.denied, principals)
        ]

    async def versions(self, collection: str, source: str) -> Mapping[str, int]:
        documents = (indexed.document for indexed in self._documents.values())
        return {
            document.doc_id: document.version
            for document in documents
            if (document.collection, document.source) == (collection, source)
        }

    async def record_sync(self, collection: str, source: str, at: datetime) -> None:  # noqa: ARG002 - shown by source
        self._synced[source] = max(at, self._synced.get(source, at))

    async def as_of(self) -> Mapping[str, datetime]:
        return dict(self._synced)

    async def statistics(self) -> StoreStatistics:
        return StoreStatistics(
            documents=len(self._documents),
            passages=sum(len(indexed.passages) for indexed in self._documents.values()),
            bytes_on_disk=0,
            embedding_model=self._embedding_model,
            dimensions=self._dimensions,
        )


def create(place: StorePlace, *, embedding_model: str, dimensions: int) -> MemoryStore:  # noqa: ARG001 - it needs none
    """Make an empty store."""
    return MemoryStore(embedding_model=embedding_model, dimensions=dimensions)


def _words(text: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in fold(text)).split()


def _passes(indexed: IndexedDocument, query: Query) -> bool:
    """Say whether a document meets all conditions: those on its facts, and those on its words."""
    return (
        keeps(indexed.document, query)
        and all(_holds(indexed, phrase) for phrase in query.phrases)
        and not any(_holds(indexed, excluded) for excluded in query.excluded)
    )


def _holds(indexed: IndexedDocument, phrase: str) -> bool:
    wanted = _words(phrase)
    return any(
        words[start : start + len(wanted)] == wanted
        for words in map(_words, texts_of(indexed.document.title, indexed.passages))
        for start in range(len(words))
    )


def _facet(field: FacetField, documents: Sequence[Document]) -> Facet:
    values = Counter(value for document in documents if (value := facet_value(document, field)) is not None)
    return Facet(field=field, counts=tuple(sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))))
