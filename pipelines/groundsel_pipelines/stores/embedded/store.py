"""The embedded store: takes whole documents, searches both legs, and keeps its derived indexes behind the truth."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from anyio.to_thread import run_sync

from groundsel_pipelines.errors import VersionConflict
from groundsel_pipelines.protocols import BothLegs, StoreStatistics
from groundsel_pipelines.stores.embedded import reading
from groundsel_pipelines.stores.embedded.catalogue import Catalogue
from groundsel_pipelines.stores.embedded.conditions import Held
from groundsel_pipelines.stores.embedded.database import BUSY_SECONDS, Database
from groundsel_pipelines.stores.embedded.entries import Entry
from groundsel_pipelines.stores.embedded.lexical import HeldElsewhere, LexicalIndex
from groundsel_pipelines.stores.embedded.reading import Changed, PassageKey
from groundsel_pipelines.stores.embedded.sharing import SharedLock
from groundsel_pipelines.stores.fields import asked_name
from groundsel_pipelines.stores.legs import side_by_side
from groundsel_pipelines.stores.remembering import Vocabularies
from groundsel_pipelines.stores.visibility import may_see
from groundsel_pipelines.types import (
    Document,
    FacetField,
    Hit,
    IndexedDocument,
    MatchSet,
    Query,
    Ranking,
    Suggestion,
    Vectors,
    Vocabulary,
)
from groundsel_pipelines.understanding.completing import ranked
from groundsel_pipelines.words import fold

if TYPE_CHECKING:
    from groundsel_pipelines.stores.embedded.dense import DenseIndex

Given = TypeVar("Given")

PASSAGES_A_DOCUMENT = 50  # ranked to find the best of each document of a list by date
CATCH_UP_DOCUMENTS = 5_000  # committed together while catching up: bounds memory, and what a crash repeats


class EmbeddedStore:
    """One folder: `groundsel.db` is the truth, `lexical/` and the vectors in memory follow its change log.

    Several processes may open the same folder; each sees what the others acknowledged at its next search.
    """

    def __init__(self, folder: Path, *, embedding_model: str, dimensions: int) -> None:
        self._folder = folder
        self._embedding_model = embedding_model
        self._dimensions = dimensions
        self._following = Lock()
        self._in_memory = SharedLock()  # over catalogue and vectors
        self._vocabularies = Vocabularies()

    async def prepare(self) -> None:
        await run_sync(self._prepare)

    def _prepare(self) -> None:
        self._database = Database(self._folder)
        self._database.prepare(embedding_model=self._embedding_model, dimensions=self._dimensions)
        self._lexical = LexicalIndex(self._folder / "lexical", partial(reading.last_change, self._database))
        self._catalogue = Catalogue()
        self._dense: DenseIndex | None = None  # while there is nothing to search
        self._taken = 0  # the change that catalogue and vectors stand at
        self._seen = 0  # the change that all that is derived stands at, at least

    async def warm_up(self) -> None:
        await run_sync(self._warm_up)

    def _warm_up(self) -> None:
        with suppress(HeldElsewhere):  # who searches waits for the words, or says so
            self._follow(patience=0)

    async def close(self) -> None:
        await run_sync(self._close)

    def _close(self) -> None:
        try:
            with suppress(HeldElsewhere):  # the next to search takes what is left
                self._follow_lexical(reading.last_change(self._database), patience=0)
        finally:
            self._database.close()

    # ------------------------------------------------------------ writing

    async def write(self, documents: Sequence[IndexedDocument]) -> None:
        await run_sync(self._write, documents)

    def _write(self, documents: Sequence[IndexedDocument]) -> None:
        refused: list[VersionConflict] = []
        for indexed in documents:
            try:
                self._database.write(indexed)
            except VersionConflict as conflict:
                refused.append(conflict)
        if refused:
            raise refused[0]

    async def delete(self, doc_id: str, *, version: int) -> None:
        await run_sync(self._database.delete, doc_id, version)

    async def record_sync(self, collection: str, source: str, at: datetime) -> None:
        await run_sync(self._database.record_sync, collection, source, at)

    # ------------------------------------------------------------ following the change log

    def _follow(self, *, patience: float = BUSY_SECONDS) -> None:
        """Bring what is derived up to the last acknowledged change, of whatever process; who finds no change waits not.

        What fails half-way is done again from where all of it stood: to take a change twice does no harm.
        """
        last = reading.last_change(self._database)
        if last <= self._seen:
            return
        with self._following:
            if last <= self._seen:
                return
            while self._taken < last:
                changes = reading.changes_since(self._database, self._taken, most=CATCH_UP_DOCUMENTS)
                with self._in_memory.writing():
                    self._follow_in_memory(changes)
                self._taken = changes[-1].change
            self._follow_lexical(last, patience)
            self._lexical.reload()
            self._seen = last

    def _follow_in_memory(self, changes: Sequence[Changed]) -> None:
        if self._dense is None:
            from groundsel_pipelines.stores.embedded.dense import DenseIndex  # noqa: PLC0415 - 40 MB: not for who writes

            self._dense = DenseIndex(self._dimensions)
        self._catalogue.apply((changed.row, changed.facts) for changed in changes)
        for changed in changes:
            self._dense.remove(changed.row)
        live = [changed.row for changed in changes if changed.facts]
        slots = self._catalogue.slots
        vectors = reading.vectors_of(self._database, live, self._dimensions)
        self._dense.add([(row, slots[row], rows) for row, rows in vectors])
        self._dense.pack()

    def _follow_lexical(self, last: int, patience: float) -> None:
        if self._lexical.applied >= last:
            return
        with self._lexical.exclusively(patience):
            while self._lexical.applied < last:  # another process may have done it meanwhile
                part = reading.changes_since(self._database, self._lexical.applied, most=CATCH_UP_DOCUMENTS)
                self._lexical.apply(
                    (
                        Entry(
                            row=changed.row,
                            facts=changed.facts,
                            passages=reading.passages_of(self._database, changed.facts) if changed.facts else (),
                            metadata=reading.metadata_of(self._database, changed.row) if changed.facts else {},
                        )
                        for changed in part
                    ),
                    change=part[-1].change,
                )

    # ------------------------------------------------------------ searching

    async def search_lexical(self, query: Query) -> Ranking:
        def search() -> list[tuple[PassageKey, float]]:
            return self._lexical.search(query, self._languages(), self._held(query))

        return await run_sync(self._ranked, query, "lexical", search)

    async def search_by_date(self, query: Query, *, newest_first: bool) -> Ranking:
        def search() -> list[tuple[PassageKey, float]]:
            languages = self._languages()
            matching = self._lexical.matching(query, languages)
            with self._in_memory.reading():
                rows = self._catalogue.by_date(matching, newest_first=newest_first)[: query.top_k]
            wide = replace(query, top_k=PASSAGES_A_DOCUMENT * max(1, len(rows)))
            best: dict[int, tuple[PassageKey, float]] = {}
            for key, score in self._lexical.search(wide, languages, Held(required=frozenset(rows))):
                best.setdefault(key[0], (key, score))
            return [best[row] for row in rows if row in best]

        return await run_sync(self._ranked, query, "lexical", search)

    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        def search() -> list[tuple[PassageKey, float]]:
            held = self._held(query)
            with self._in_memory.reading():
                if self._dense is None:
                    return []
                return self._dense.search(vector, self._catalogue.holding(query, held), query.top_k)

        return await run_sync(self._ranked, query, "dense", search)

    async def search_both(self, query: Query, vector: Vectors, *, seconds: float) -> BothLegs:
        return await side_by_side(self.search_lexical(query), self.search_dense(query, vector), seconds=seconds)

    def _languages(self) -> Mapping[str, int]:
        with self._in_memory.reading():
            return self._catalogue.languages()

    def _held(self, query: Query) -> Held:
        """Look up which documents hold the phrases of a query and what it excludes, and which have its metadata."""
        required = [self._lexical.holding(phrase) for phrase in query.phrases]
        refused = [self._lexical.holding(excluded) for excluded in query.excluded]
        for condition in filter(asked_name, query.filters):
            (refused if condition.op == "not_in" else required).append(self._lexical.having(condition))
        return Held(
            required=frozenset.intersection(*required) if required else None, refused=frozenset().union(*refused)
        )

    def _ranked(self, query: Query, retriever: str, search: Callable[[], list[tuple[PassageKey, float]]]) -> Ranking:
        """Run one leg and read its passages from the truth, where each is checked once more."""
        self._follow()
        found = search()
        passages = reading.passages(self._database, [key for key, _ in found])
        visible = [
            (passages[key], score)
            for key, score in found
            if key in passages and may_see(passages[key].allowed, passages[key].denied, query.principals)
        ]
        return tuple(
            Hit(passage=passage, rank=rank, score=score, retriever=retriever)
            for rank, (passage, score) in enumerate(visible, start=1)
        )

    async def match_set(self, query: Query, *, also: frozenset[str], facets: Sequence[FacetField]) -> MatchSet:
        def count() -> MatchSet:
            self._follow()
            total, counted = self._lexical.count(query, self._languages(), also=also, facets=facets)
            return MatchSet(total=total, facets=counted)

        return await run_sync(count)

    # ------------------------------------------------------------ reading

    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        document = await run_sync(reading.document, self._database, doc_id)
        return document if document and may_see(document.allowed, document.denied, principals) else None

    async def locate(self, name: str, *, principals: frozenset[str]) -> tuple[str, ...]:
        return await run_sync(reading.located, self._database, name, principals)

    async def suggest(self, prefix: str, *, principals: frozenset[str], limit: int) -> tuple[Suggestion, ...]:
        def suggest() -> tuple[Suggestion, ...]:
            self._follow()
            begin = fold(prefix)
            asked = Query(text="", principals=principals)
            return ranked(self._lexical.completing(asked, begin), begin, limit) if begin and principals else ()

        return await run_sync(suggest)

    async def vocabulary(self, *, principals: frozenset[str], collections: tuple[str, ...] = ()) -> Vocabulary:
        def learn() -> Vocabulary:
            self._follow()
            asked = Query(text="", principals=principals, collections=collections)
            return self._vocabularies.of((principals, collections), self._seen, lambda: self._lexical.vocabulary(asked))

        return await run_sync(learn)

    async def versions(self, collection: str, source: str) -> Mapping[str, int]:
        return await run_sync(reading.versions, self._database, collection, source)

    async def as_of(self) -> Mapping[str, datetime]:
        return await run_sync(reading.as_of, self._database)

    async def statistics(self) -> StoreStatistics:
        documents, passages = await run_sync(reading.counts, self._database)
        return StoreStatistics(
            documents=documents,
            passages=passages,
            bytes_on_disk=sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file()),
            embedding_model=self._embedding_model,
            dimensions=self._dimensions,
        )
