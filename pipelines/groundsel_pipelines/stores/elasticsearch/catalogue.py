"""Which index a collection lives in: looked up, verified, created when a collection is first written to."""

from collections.abc import Collection
from dataclasses import dataclass, field

import anyio

from elasticsearch import AsyncElasticsearch, BadRequestError
from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.connecting import talking_to
from groundsel_pipelines.stores.elasticsearch.layout import (
    Generation,
    alias_name,
    generations,
    index_body,
    index_name,
    live_aliases,
    verify,
    writing_name,
)


@dataclass(slots=True, kw_only=True)
class Catalogue:
    """The live generations, as last seen. Another process may switch them at any time: whoever notices looks anew."""

    client: AsyncElasticsearch
    cluster: Cluster
    embedding_model: str
    dimensions: int
    pinned: str = ""  # an index that is looked at instead of the live ones
    live: dict[str, Generation] = field(default_factory=dict[str, Generation])  # by collection
    _creating: anyio.Lock = field(default_factory=anyio.Lock)

    async def look(self) -> None:
        """See which generations are live.

        Raises:
            Unavailable: the cluster does not answer, or an index that was there is gone.

        """
        held = await self.all()
        found = {each.collection: each for each in held if (each.index == self.pinned if self.pinned else each.live)}
        if gone := sorted(set(self.live) - set(found)):
            raise Unavailable(
                f"the index of the collection {gone[0]!r} is gone from the cluster; "
                "restore it from a snapshot, or run: groundsel ingest DIR --rebuild"
            )
        self.live = found

    def verify(self) -> None:
        """Refuse generations of another format or another embedding model.

        Raises:
            InvalidInput: names the first, and what to do.

        """
        for generation in self.live.values():
            verify(generation, embedding_model=self.embedding_model)

    async def all(self) -> tuple[Generation, ...]:
        """Give every generation there is, live or not."""
        with talking_to(self.cluster):
            answer = await self.client.indices.get(
                index=f"{self.cluster.prefix}-*", features=["aliases", "mappings"], expand_wildcards="open"
            )
        return generations(self.cluster.prefix, answer.body)

    async def target(self, collection: str) -> str:
        """Name the index that a collection is written to; create its first generation when there is none."""
        if collection not in self.live:
            async with self._creating:
                await self.look()
                if collection not in self.live:
                    await self._create_first(collection)
        verify(self.live[collection], embedding_model=self.embedding_model)
        return self.live[collection].index

    async def _create_first(self, collection: str) -> None:
        prefix = self.cluster.prefix
        generation = await self.create(collection, number=1, aliases=live_aliases(prefix, collection))
        self.live[collection] = generation

    async def create(self, collection: str, *, number: int, aliases: Collection[str] = ()) -> Generation:
        """Create an index; one that another process has created meanwhile is as good."""
        name = index_name(self.cluster.prefix, collection, number)
        body = index_body(
            self.cluster,
            collection=collection,
            number=number,
            embedding_model=self.embedding_model,
            dimensions=self.dimensions,
        )
        with talking_to(self.cluster):
            try:
                await self.client.indices.create(
                    index=name,
                    settings=body["settings"],
                    mappings=body["mappings"],
                    aliases={alias: {} for alias in (writing_name(name), *aliases)},
                )
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":
                    raise
        (generation,) = [each for each in await self.all() if each.index == name]
        verify(generation, embedding_model=self.embedding_model)
        return generation

    def searched(self, collections: Collection[str]) -> str:
        """Name what a query looks into: aliases, so that it always meets the live generations; "" for nothing."""
        if self.pinned:
            return self.pinned
        if not collections:
            return self.cluster.prefix if self.live else ""
        return ",".join(alias_name(self.cluster.prefix, each) for each in sorted(collections) if each in self.live)

    def knows(self, indices: Collection[str]) -> bool:
        return set(indices) <= {generation.index for generation in self.live.values()}

    def foreign(self, indices: Collection[str]) -> str:
        """Name one of `indices` whose vectors cannot be compared with ours; "" where all can."""
        ours = {each.index for each in self.live.values() if each.embedding_model == self.embedding_model}
        return next(iter(sorted(set(indices) - ours)), "")
