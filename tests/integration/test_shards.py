"""An index of several shards ranks as one of a single shard does: words are counted over all of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from groundsel_pipelines import rebuilding
from groundsel_pipelines.protocols import Cluster, StorePlace
from groundsel_pipelines.stores.elasticsearch.connecting import connect
from groundsel_pipelines.stores.elasticsearch.generations import Generations
from groundsel_pipelines.types import IndexedDocument, Query, Ranking
from registered_stores import opened
from small_corpus import EMBEDDER, STAFF, numbered

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

COUNT = 40
WORDS = ("leave", "travel", "salary", "report", "budget")


def memo(number: int) -> IndexedDocument:
    """Make a document in which words are unevenly frequent, so that a shard by itself would weigh them otherwise."""
    text = " ".join(word for place, word in enumerate(WORDS) for _ in range(1 + number % (place + 2)))
    return numbered("memos", number, f"{text}.", title=f"Memo {number}")


def silent(completed: int, total: int) -> None:
    """Show nothing."""


def scores(ranking: Ranking) -> dict[str, float]:
    return {hit.passage.passage_id: hit.score for hit in ranking}


async def test_a_new_generation_of_three_shards_ranks_like_the_one_it_replaces(
    cluster: Cluster, tmp_path: Path
) -> None:
    ask = Query(text="salary report", principals=STAFF, top_k=2 * COUNT)
    found = []
    for shards in (1, 3):
        place = replace(cluster, shards=shards, replicas="0")
        generations = Generations(place, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
        async with opened("elasticsearch", StorePlace(folder=tmp_path, cluster=place), EMBEDDER) as store:
            if shards == 1:
                await store.write([memo(number) for number in range(COUNT)])
            else:
                target = await rebuilding.rebuild(generations, "memos", embedder=EMBEDDER, done=silent)
                await rebuilding.switch(generations, target, embedder=EMBEDDER, done=silent)
            both = await store.search_both(ask, EMBEDDER.embed_query(ask.text), seconds=30)
            assert not isinstance(both.lexical, Exception)
            assert not isinstance(both.dense, Exception)
            counted = await store.match_set(ask, also=frozenset(), facets=("source",))
            found.append((scores(both.lexical), scores(both.dense), counted))
        await generations.close()
    async with connect(cluster) as client:
        settings = await client.indices.get_settings(index=f"{cluster.prefix}-memos")

    assert [each["settings"]["index"]["number_of_shards"] for each in settings.values()] == ["3"]
    one, three = found
    assert three[0] == pytest.approx(one[0], rel=1e-5)
    assert three[1] == pytest.approx(one[1], abs=1e-5)
    assert three[2] == one[2]
