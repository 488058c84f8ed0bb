"""Searches that run at once, while others write: each sees what was acknowledged before it began."""

import fcntl
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from groundsel_pipelines.stores.embedded import EmbeddedStore, reading
from groundsel_pipelines.stores.embedded.database import Database
from groundsel_pipelines.stores.embedded.lexical import LexicalIndex
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


async def test_a_word_index_that_a_suspended_process_holds_keeps_nobody_from_writing(tmp_path: Path) -> None:
    async def opened() -> EmbeddedStore:
        store = EmbeddedStore(tmp_path, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
        await store.prepare()
        return store

    first = await opened()
    await first.write([indexed("1.md", "Leave is granted by rule 1.")])
    await first.close()
    with (tmp_path / "lexical.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as another process would, asleep
        second = await opened()
        await second.write([indexed("2.md", "Leave is granted by rule 2.")])
        await second.close()
    third = await opened()
    found = await third.search_lexical(Query(text="leave", principals=STAFF, top_k=10))
    await third.close()

    assert {hit.passage.doc_id for hit in found} == {"docs/1.md", "docs/2.md"}


async def test_who_only_writes_takes_no_documents_into_memory_and_leaves_the_words_ready(tmp_path: Path) -> None:
    for name in ("1.md", "2.md"):
        store = EmbeddedStore(tmp_path, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
        await store.prepare()
        await store.write([indexed(name, f"Leave is granted by rule {name}.")])
        await store.close()

        assert not len(store._catalogue)
        assert store._dense is None
    with closing(Database(tmp_path)) as database:
        words = LexicalIndex(tmp_path / "lexical", lambda: reading.last_change(database))
        assert words.applied == reading.last_change(database)
        assert len(words.matching(Query(text="leave", principals=STAFF), {"en": 2})) == 2


async def test_nothing_is_found_by_meaning_where_nothing_was_ever_written(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
    await store.prepare()
    await store.warm_up()

    assert await store.search_dense(Query(text="leave", principals=STAFF), EMBEDDER.embed_query("leave")) == ()
    await store.close()
