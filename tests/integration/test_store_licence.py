"""Nothing that the store asks of Elasticsearch needs more than the free Basic licence."""

import re
from datetime import UTC, datetime

import pytest

from faulty_proxy import Answer, Asked, Forward, proxied
from groundsel_pipelines import rebuilding
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.stores.elasticsearch.connecting import connect
from groundsel_pipelines.stores.elasticsearch.generations import Generations
from groundsel_pipelines.types import FilterField, Query
from small_corpus import EMBEDDER, STAFF, indexed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

FREE = re.compile(
    r"(GET|HEAD) /$|(POST|PUT) /_bulk|POST /_msearch|POST /_mget|POST /_aliases|(POST|DELETE) /_pit"
    r"|(GET|PUT) /[^/_]+$|POST /[^/]*/?(_refresh|_search|_mget|_pit)|GET /[^/]+/(_doc/|_stats)"
    r"|PUT /[^/]+/(_settings|_block/write)"
)
"""The endpoints of the free licence that the store uses; none is of inference, machine learning or security."""

PAID = (
    *("retriever", "rank", "rrf", "linear", "text_similarity_reranker", "semantic", "semantic_text", "sparse_vector"),
    *("text_expansion", "learning_to_rank", "inference_id", "query_vector_builder", "rule", "pinned"),
)
"""Words of a request's body that ask for a paid feature, or for a model that runs in the cluster."""


def silent(completed: int, total: int) -> None:
    """Show nothing."""


async def test_every_request_of_every_operation_is_free(cluster: Cluster) -> None:
    sent: list[Asked] = []
    facets: tuple[FilterField, ...] = ("source", "media_type", "language", "updated_at")

    async def noting(asked: Asked, forward: Forward) -> Answer | None:
        sent.append(asked)
        return await forward(asked)

    async with proxied(cluster.hosts[0], noting) as address:
        place = Cluster(hosts=(address,), prefix=cluster.prefix)
        store = ElasticsearchStore(place, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
        await store.prepare()
        await store.write([indexed("a.md", "Annual leave."), indexed("b.md", "Travel.")])
        await store.delete("docs/b.md", version=2)
        await store.record_sync("docs", "files", datetime(2026, 1, 1, tzinfo=UTC))
        ask = Query(text='annual "leave"', principals=STAFF)
        await store.search_both(ask, EMBEDDER.embed_query("leave"), seconds=30)
        await store.search_lexical(ask)
        await store.search_by_date(ask, newest_first=True)
        await store.vocabulary(principals=STAFF)
        await store.search_dense(ask, EMBEDDER.embed_query("leave"))
        await store.match_set(ask, also=frozenset({"docs/a.md"}), facets=facets)
        await store.read("docs/a.md", principals=STAFF)
        await store.locate("a.md", principals=STAFF)
        await store.suggest("a", principals=STAFF, limit=3)
        await store.versions("docs", "files")
        await store.as_of()
        await store.statistics()
        generations = Generations(place, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
        target = await rebuilding.rebuild(generations, "docs", embedder=EMBEDDER, done=silent)
        await rebuilding.switch(generations, target, embedder=EMBEDDER, done=silent)
        await generations.remove_all("docs")
        await generations.close()
        await store.close()

    requests = {f"{asked.method} {asked.path.partition('?')[0]}" for asked in sent}
    assert {each for each in requests if not FREE.match(each) and not each.startswith("DELETE /t")} == set()
    named = {word for asked in sent for word in PAID if re.search(rb'"%s"\s*:' % word.encode(), asked.body)}
    assert named == set()


async def test_the_node_has_a_basic_licence(cluster: Cluster) -> None:
    async with connect(cluster) as client:
        licence = (await client.license.get())["license"]

    assert licence["type"] == "basic"
