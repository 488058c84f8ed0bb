"""The Elasticsearch store: takes whole documents, asks both legs in one request, sees what it acknowledged."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Self

import anyio
import orjson

from elasticsearch import AuthorizationException
from groundsel_pipelines.errors import GroundselError, Unavailable
from groundsel_pipelines.protocols import BothLegs, Cluster, StoreStatistics
from groundsel_pipelines.stores.analysis import asked_terms
from groundsel_pipelines.stores.elasticsearch import counting, entries, legs, managing, passages, queries
from groundsel_pipelines.stores.elasticsearch.asking import Asking
from groundsel_pipelines.stores.elasticsearch.catalogue import Catalogue
from groundsel_pipelines.stores.elasticsearch.connecting import OLDEST, connect, place, talking_to
from groundsel_pipelines.stores.elasticsearch.layout import Generation
from groundsel_pipelines.stores.elasticsearch.legs import Documents, Leg
from groundsel_pipelines.stores.elasticsearch.managing import Remembered
from groundsel_pipelines.stores.elasticsearch.preparing import send_all
from groundsel_pipelines.stores.elasticsearch.writing import Item, Writer, Written, item
from groundsel_pipelines.stores.remembering import REMEMBERED, Vocabularies
from groundsel_pipelines.stores.visibility import may_see
from groundsel_pipelines.types import (
    Document,
    FacetField,
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


class ElasticsearchStore:
    """A collection is an index behind an alias; a document is one entry, its passages nested in it.

    Deletes are tombstones, which stay: Elasticsearch itself forgets a deleted version after a minute.
    """

    def __init__(self, cluster: Cluster, *, embedding_model: str, dimensions: int) -> None:
        self._cluster = cluster
        self._client = connect(cluster)
        self._catalogue = Catalogue(
            client=self._client, cluster=cluster, embedding_model=embedding_model, dimensions=dimensions
        )
        self._asking = Asking(client=self._client, cluster=cluster, catalogue=self._catalogue)
        self._vocabularies = Vocabularies()
        self._states: dict[tuple[frozenset[str], tuple[str, ...]], Remembered[bytes]] = {}
        self._synced: Remembered[Mapping[str, datetime]] | None = None
        self._languages: Remembered[Mapping[str, int]] | None = None

    @classmethod
    def of_generation(cls, cluster: Cluster, generation: Generation) -> Self:
        """Make a store that reads one generation, live or not: to look at it before it is switched to."""
        store = cls(cluster, embedding_model=generation.embedding_model, dimensions=generation.dimensions)
        store._catalogue.pinned = generation.index
        return store

    async def prepare(self) -> None:
        try:
            await self._require_version()
            await self._catalogue.look()
            self._catalogue.verify()
            if self._catalogue.pinned:
                await self._asking.refresh_all()  # nobody has searched it yet
        except BaseException:
            await self._client.close()
            raise

    async def warm_up(self) -> None:
        """Do nothing: the cluster has what it needs."""

    async def _require_version(self) -> None:
        with talking_to(self._cluster):
            try:
                version = (await self._client.info())["version"]["number"]
            except AuthorizationException:  # a key without rights on the cluster is what we advise
                return
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise Unavailable(f"Elasticsearch at {place(self._cluster)} is {version}; {oldest} or newer is needed")

    async def close(self) -> None:
        """Let whoever opens the store next see what was written, and end all connections."""
        try:
            with suppress(Unavailable):  # then the index refreshes itself, a little later
                await self._asking.refresh()
        finally:
            with anyio.CancelScope(shield=True):
                await self._client.close()

    # ------------------------------------------------------------ writing

    async def write(self, documents: Sequence[IndexedDocument]) -> None:
        written = Written()
        await send_all(documents, written, self._send)
        written.raise_first()

    async def delete(self, doc_id: str, *, version: int) -> None:
        written = Written()
        entry = entries.tombstone(doc_id, version)
        await self._send(entries.collection_of(doc_id), [item(doc_id, version, entry)], written)
        written.raise_first()

    async def record_sync(self, collection: str, source: str, at: datetime) -> None:
        version = int(at.timestamp() * 1_000_000)  # an older note is refused by itself
        entry = entries.sync_entry(collection, source, at)
        await self._send(collection, [item(entries.sync_id(collection, source), version, entry)], Written())

    async def _send(self, collection: str, items: Sequence[Item], written: Written) -> None:
        async def target() -> str:
            return await self._catalogue.target(collection)

        try:
            writer = Writer(client=self._client, cluster=self._cluster, target=target, look=self._catalogue.look)
            await writer.write(items, written)
        finally:
            self._asking.written += 1
            self._synced = self._languages = None

    # ------------------------------------------------------------ searching

    async def search_both(self, query: Query, vector: Vectors, *, seconds: float) -> BothLegs:
        began = monotonic()
        terms = await self._terms(query)
        if not terms:
            return BothLegs(lexical=(), dense=await self.search_dense(query, vector), took_ms=_both(began))
        asked = {"dense": partial(queries.dense, query, vector), "lexical": partial(queries.lexical, query, terms)}
        found = await legs.ask(self._asking, query, asked, seconds=seconds)
        rankings = {name: _ranking(each, name, query.top_k) for name, each in found.items()}
        return BothLegs(lexical=rankings["lexical"], dense=rankings["dense"], took_ms=_both(began))

    async def search_lexical(self, query: Query) -> Ranking:
        terms = await self._terms(query)
        return await self._one(query, "lexical", partial(queries.lexical, query, terms)) if terms else ()

    async def search_by_date(self, query: Query, *, newest_first: bool) -> Ranking:
        terms = await self._terms(query)
        if not terms:
            return ()
        body = queries.by_date(query, terms, newest_first=newest_first)
        answer = await self._asking.ask_one(query.collections, body)
        return passages.best_of_each(passages.found(answer), retriever="lexical")

    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        return await self._one(query, "dense", partial(queries.dense, query, vector))

    async def _one(self, query: Query, name: str, leg: Leg) -> Ranking:
        """Ask one leg alone; what it meets is raised."""
        ranking = _ranking((await legs.ask(self._asking, query, {name: leg}))[name], name, query.top_k)
        if isinstance(ranking, GroundselError):
            raise ranking
        return ranking

    async def match_set(self, query: Query, *, also: frozenset[str], facets: Sequence[FacetField]) -> MatchSet:
        body = queries.match_set(query, await self._terms(query), also=also, facets=facets)
        return counting.match_set(await self._asking.ask_one(query.collections, body), facets)

    async def _terms(self, query: Query) -> list[str]:
        """Give the terms of a question, as the languages that it may be in write it."""
        if self._languages is None or self._languages.stale:
            answer = await self._asking.ask_one((), managing.languages())
            self._languages = Remembered(managing.read_languages(answer))
        return asked_terms(query.text, self._languages.value)

    # ------------------------------------------------------------ reading

    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        collection = entries.collection_of(doc_id)
        target = await self._asking.target([collection])
        if not target:
            return None
        with talking_to(self._cluster):
            answer = await self._client.options(ignore_status=404).get(index=target, id=doc_id)
        document = entries.document(answer["_source"]) if answer.get("found") else None
        return document if document and may_see(document.allowed, document.denied, principals) else None

    async def locate(self, name: str, *, principals: frozenset[str]) -> tuple[str, ...]:
        answer = await self._asking.ask_one((), queries.located(name, principals))
        found = sorted((hit["_source"]["uri"], hit["_source"]["doc_id"]) for hit in answer["hits"]["hits"])
        return tuple(doc_id for _, doc_id in found)

    async def suggest(self, prefix: str, *, principals: frozenset[str], limit: int) -> tuple[Suggestion, ...]:
        begin = fold(prefix)
        if not begin:
            return ()
        answer = await self._asking.ask_one((), queries.suggested(begin, principals))
        return ranked(entries.suggestions(answer), begin, limit)

    async def vocabulary(self, *, principals: frozenset[str], collections: tuple[str, ...] = ()) -> Vocabulary:
        key = (principals, collections)
        state = self._states.get(key)
        if state is None or state.stale:  # other processes write, too
            answer = await self._asking.ask_one(collections, queries.state(principals))
            state = Remembered(orjson.dumps(answer.get("aggregations"), option=orjson.OPT_SORT_KEYS))
            self._states = {**self._states, key: state} if len(self._states) < REMEMBERED else {key: state}
        if held := self._vocabularies.find(key, state.value):
            return held
        answer = await self._asking.ask_one(collections, queries.vocabulary(principals))
        return self._vocabularies.keep(key, state.value, entries.vocabulary(answer))

    async def versions(self, collection: str, source: str) -> Mapping[str, int]:
        target = await self._asking.target([collection])
        if not target:
            return {}
        await self._asking.refresh_all()  # a read-back must see what others wrote, too
        with talking_to(self._cluster):
            return await managing.versions(self._client, target, managing.of_source(source))

    async def as_of(self) -> Mapping[str, datetime]:
        if self._synced is None or self._synced.stale:
            answer = await self._asking.ask_one((), managing.syncs())
            self._synced = Remembered(managing.read_syncs(answer))
        return dict(self._synced.value)

    async def statistics(self) -> StoreStatistics:
        answer = await self._asking.ask_one((), managing.counts())
        passages = answer.get("aggregations", {"passages": {"value": 0}})["passages"]["value"]
        return StoreStatistics(
            documents=answer["hits"]["total"]["value"],
            passages=int(passages),
            bytes_on_disk=await managing.bytes_on_disk(self._client, self._cluster) if self._catalogue.live else 0,
            embedding_model=self._catalogue.embedding_model,
            dimensions=self._catalogue.dimensions,
        )


def _ranking(found: Documents | GroundselError, retriever: str, top_k: int) -> Ranking | GroundselError:
    if isinstance(found, GroundselError):
        return found
    return passages.ranking(found, retriever=retriever, top_k=top_k)


def _both(began: float) -> dict[str, float]:
    """Give what both legs took, in milliseconds: they were asked at once."""
    return dict.fromkeys(("lexical", "dense"), (monotonic() - began) * 1000)
