"""Searches that run at once, while others write: each sees what was acknowledged before it began."""

from pathlib import Path

import anyio
import pytest

from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import Query
from small_corpus import EMBEDDER, STAFF, indexed

pytestmark = pytest.mark.anyio

WRITES = 12
SEARCHERS = 4


async def test_searches_beside_writes_see_all_that_was_acknowledged_before_them(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
    await store.prepare()
    written = 0
    vector = EMBEDDER.embed_query("leave")

    async def write() -> None:
        nonlocal written
        for number in range(WRITES):
            await store.write([indexed(f"{number}.md", f"Leave is granted by rule {number}.")])
            written = number + 1

    async def search(limit: int) -> None:
        query = Query(text="leave", principals=STAFF | {f"group:{limit}"}, top_k=100)
        while written < WRITES:
            before = written
            both = await store.search_both(query, vector, seconds=30)
            for ranking in (both.lexical, both.dense):
                assert not isinstance(ranking, Exception)
                assert len(ranking) >= before

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        for number in range(SEARCHERS):
            group.start_soon(search, number)
    await store.close()
