"""Searches sent as one request, against what this process has acknowledged, and answers that are whole or errors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import anyio

from elasticsearch import AsyncElasticsearch
from groundsel_pipelines.errors import GroundselError, Unavailable
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.catalogue import Catalogue
from groundsel_pipelines.stores.elasticsearch.connecting import cause, place, refused, talking_to
from groundsel_pipelines.stores.elasticsearch.queries import Body

Answer = Mapping[str, Any]

NOTHING: Final[Answer] = {"hits": {"total": {"value": 0}, "hits": []}}
"""The answer where no collection is: nothing was ever indexed, or the one that is asked for does not exist."""

LOOK_AGAIN_SECONDS: Final = 2.0  # for a collection that another process may have made since


@dataclass(slots=True, kw_only=True)
class Asking:
    client: AsyncElasticsearch
    cluster: Cluster
    catalogue: Catalogue
    written: int = 0  # writes of this process, to be counted up by whoever writes
    _refreshed: int = 0
    _looked: float = 0.0
    _refreshing: anyio.Lock = field(default_factory=anyio.Lock)

    async def refresh(self) -> None:
        """Make visible what this process has written; what others write becomes so within a second by itself."""
        if self._refreshed == self.written:
            return
        async with self._refreshing:
            if self._refreshed < (written := self.written):
                await self.refresh_all()
                self._refreshed = written

    async def refresh_all(self) -> None:
        """Make visible what any process has written."""
        if self.catalogue.live:
            with talking_to(self.cluster):
                await self.client.indices.refresh(index=self.catalogue.searched(()))

    async def target(self, collections: Collection[str]) -> str:
        """Name the aliases to search, "" for none; a collection that is not known is looked for once in a while."""
        unknown = not self.catalogue.live or any(each not in self.catalogue.live for each in collections)
        if unknown and monotonic() - self._looked > LOOK_AGAIN_SECONDS:
            await self.catalogue.look()
            self._looked = monotonic()
        return self.catalogue.searched(collections)

    async def ask(
        self, collections: Collection[str], bodies: Sequence[Body], *, seconds: float | None = None
    ) -> list[Answer | GroundselError]:
        """Send `bodies` as one request; each has its answer, whole, or the error that it met.

        The server ends a search that takes longer than `seconds`; by default, than any request may.

        Raises:
            Unavailable: the request as a whole failed.

        """
        await self.refresh()
        target = await self.target(collections)
        if not target:
            return [NOTHING for _ in bodies]
        header = {"index": target, "allow_partial_search_results": False, "search_type": "dfs_query_then_fetch"}
        limit = {"timeout": f"{int((seconds or self.cluster.timeout) * 1000)}ms"}
        with talking_to(self.cluster):
            response = await self.client.msearch(
                searches=[part for body in bodies for part in (header, {**body, **limit})]
            )
        answers = [self._whole(answer) for answer in response["responses"]]
        return [await self._comparable(body, answer) for body, answer in zip(bodies, answers, strict=True)]

    async def ask_one(self, collections: Collection[str], body: Body) -> Answer:
        """Send one search.

        Raises:
            Unavailable: it was not answered, or not wholly.

        """
        (answer,) = await self.ask(collections, [body])
        if isinstance(answer, GroundselError):
            raise answer
        return answer

    def _whole(self, answer: Answer) -> Answer | GroundselError:
        """Refuse an answer from a part of the index (rules R9, R15): results may be missing, and nobody would know."""
        if "error" in answer:
            return refused(answer["status"], cause(answer), place(self.cluster))
        shards = answer["_shards"]
        if answer["timed_out"] or shards["failed"]:
            what = (
                "ran out of time" if answer["timed_out"] else f"{shards['failed']} of {shards['total']} shards failed"
            )
            return Unavailable(f"Elasticsearch at {place(self.cluster)}: {what}; a part of the results is no answer")
        return answer

    async def _comparable(self, body: Body, answer: Answer | GroundselError) -> Answer | GroundselError:
        """Refuse nearest vectors from an index that another embedding model has made meanwhile."""
        if isinstance(answer, GroundselError) or "knn" not in body:
            return answer
        indices = {hit["_index"] for hit in answer["hits"]["hits"]}
        if not self.catalogue.knows(indices):
            await self.catalogue.look()
        if foreign := self.catalogue.foreign(indices):
            return Unavailable(
                f"the index {foreign} holds vectors of another embedding model now; "
                "set models.embed to it and start again"
            )
        return answer
