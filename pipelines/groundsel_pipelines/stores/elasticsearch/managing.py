"""What is asked on nobody's behalf: versions for a read-back, syncs, counts. None of it is ever shown as a result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from elasticsearch import AsyncElasticsearch, AuthorizationException
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.conditions import Clause
from groundsel_pipelines.stores.elasticsearch.connecting import talking_to
from groundsel_pipelines.stores.elasticsearch.queries import Body

Value = TypeVar("Value")

REMEMBERED_SECONDS: Final = 2.0
"""How long another process's syncs and languages may go unseen."""

PAGE: Final = 10_000  # entries read in one request, as many as a server gives
MOST_SYNCS: Final = 1000  # sources of an installation
MOST_LANGUAGES: Final = 200
HELD: Final = "2m"  # how long the server keeps a moment of the index while it is read page by page


@dataclass(frozen=True, slots=True)
class Remembered(Generic[Value]):
    """A value that may be a little old."""

    value: Value
    since: float = field(default_factory=monotonic)

    @property
    def stale(self) -> bool:
        return monotonic() - self.since > REMEMBERED_SECONDS


def of_kind(*kinds: str) -> Clause:
    return {"terms": {"kind": list(kinds)}}


def languages() -> Body:
    """Ask how many documents are in which language; a server keeps the answer until something is written."""
    return {
        "size": 0,
        "query": of_kind("document"),
        "aggs": {"language": {"terms": {"field": "language", "size": MOST_LANGUAGES}}},
    }


def read_languages(answer: Mapping[str, Any]) -> Mapping[str, int]:
    """Give how many documents there are in each language."""
    buckets = answer.get("aggregations", _NO_LANGUAGE)["language"]["buckets"]
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets}


_NO_LANGUAGE: Final[Mapping[str, Any]] = {"language": {"buckets": []}}


def syncs() -> Body:
    return {"size": MOST_SYNCS, "query": of_kind("sync"), "_source": ["source", "updated_at"]}


def read_syncs(answer: Mapping[str, Any]) -> dict[str, datetime]:
    """Give the latest sync by source."""
    found: dict[str, datetime] = {}
    for hit in answer["hits"]["hits"]:
        source, at = hit["_source"]["source"], datetime.fromisoformat(hit["_source"]["updated_at"])
        found[source] = max(at, found.get(source, at))
    return found


def counts() -> Body:
    return {
        "size": 0,
        "track_total_hits": True,
        "query": of_kind("document"),
        "aggs": {"passages": {"sum": {"field": "passage_count"}}},
    }


def of_source(source: str) -> Clause:
    return {"bool": {"filter": [of_kind("document"), {"term": {"source": source}}]}}


async def versions(client: AsyncElasticsearch, target: str, which: Clause) -> dict[str, int]:
    """Read version by id of all entries that `which` keeps, as one moment of the index."""
    moment = (await client.open_point_in_time(index=target, keep_alive=HELD))["id"]
    found: dict[str, int] = {}
    after: list[Any] | None = None
    try:
        while True:
            answer = await client.search(
                pit={"id": moment, "keep_alive": HELD},
                query=which,
                size=PAGE,
                sort=[{"_shard_doc": "asc"}],
                search_after=after,
                stored_fields="_none_",
                docvalue_fields=[{"field": "doc_id"}],
                version=True,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
            hits = answer["hits"]["hits"]
            found.update((hit["fields"]["doc_id"][0], hit["_version"]) for hit in hits)
            if len(hits) < PAGE:
                return found
            after = hits[-1]["sort"]
    finally:
        await client.options(ignore_status=404).close_point_in_time(id=moment)


async def bytes_on_disk(client: AsyncElasticsearch, cluster: Cluster) -> int:
    """Give the size of all live indices; 0 where these credentials may not know it."""
    with talking_to(cluster):
        try:
            answer = await client.indices.stats(index=cluster.prefix, metric="store")
        except AuthorizationException:
            return 0
    return int(answer["_all"]["total"]["store"]["size_in_bytes"])
