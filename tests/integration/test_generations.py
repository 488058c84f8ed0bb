"""A new generation takes the live one's place under load: nothing fails, is lost or mixed (T19)."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio
import pytest
from hypothesis import settings

from fakes import HashEmbedder
from groundsel_pipelines import rebuilding
from groundsel_pipelines.errors import InvalidInput, Unavailable, VersionConflict
from groundsel_pipelines.protocols import Cluster, Embedder
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.stores.elasticsearch.generations import Generations
from groundsel_pipelines.types import IndexedDocument, Query, Ranking
from small_corpus import STAFF, numbered

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

BOARD = frozenset({"group:board"})
EMBEDDER = HashEmbedder()
COUNT = 60
NIGHTLY = settings.get_current_profile_name() == "nightly"
SWITCHES = 30 if NIGHTLY else 3
READERS, SEARCH_SECONDS = 4, 1 / 20  # between two searches, of all readers together


class OtherEmbedder(HashEmbedder):
    """As many dimensions, other directions: nothing but its name tells its vectors apart."""

    model_id = "other-embedder"


class FineEmbedder(HashEmbedder):
    """The same vectors, over passages of a few words: what a generation is made of shows in every hit."""

    max_tokens = 8


@asynccontextmanager
async def store_of(cluster: Cluster, embedder: Embedder = EMBEDDER) -> AsyncGenerator[ElasticsearchStore]:
    store = ElasticsearchStore(cluster, embedding_model=embedder.model_id, dimensions=embedder.dimensions)
    await store.prepare()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def generations_of(cluster: Cluster, embedder: Embedder = EMBEDDER) -> AsyncGenerator[Generations]:
    generations = Generations(cluster, embedding_model=embedder.model_id, dimensions=embedder.dimensions)
    try:
        yield generations
    finally:
        await generations.close()


def memo(number: int, version: int = 1, allowed: frozenset[str] = STAFF) -> IndexedDocument:
    text = f"Memo number{number} in edition{version}. This memo is a memo. Each memo has one more sentence."
    return numbered("memos", number, text, title=f"Memo {number}", version=version, allowed=allowed, embedder=EMBEDDER)


def silent(completed: int, total: int) -> None:
    """Show nothing."""


def sizes(*legs: Ranking | Exception) -> set[bool]:
    """Say whether passages that no writer has touched since are fine, of all hits."""
    assert not any(isinstance(leg, Exception) for leg in legs)
    hits = [hit for leg in legs if not isinstance(leg, Exception) for hit in leg]
    untouched = [hit for hit in hits if int(hit.passage.doc_id.rpartition("/")[2]) % 7]
    return {len(hit.passage.text) < len(memo(1).document.text) for hit in untouched}


async def test_switches_under_load_lose_no_write_fail_no_search_and_mix_no_generations(cluster: Cluster) -> None:
    written: dict[int, int] = {}
    async with store_of(cluster) as writer, store_of(cluster) as reader, generations_of(cluster) as generations:
        await writer.write([memo(number) for number in range(COUNT)])
        await reader.versions("memos", "files")  # everything is visible now
        shown: list[set[bool]] = []

        async def keep_writing(until: anyio.Event) -> None:
            version = 2
            while not until.is_set():
                for number in range(0, COUNT, 7):
                    allowed = BOARD if (number + version) % 2 else STAFF
                    await writer.write([memo(number, version, allowed)])
                    written[number] = version
                version += 1
            await writer.delete("memos/1", version=9)

        async def keep_searching(until: anyio.Event) -> None:
            while not until.is_set():
                await search()
                await anyio.sleep(READERS * SEARCH_SECONDS)

        async def search() -> None:
            query = Query(text="memo", principals=STAFF | BOARD, top_k=10 * COUNT)
            both = await reader.search_both(query, EMBEDDER.embed_query("memo"), seconds=30)
            shown.append(sizes(both.lexical, both.dense))
            assert not isinstance(both.lexical, Exception)
            assert len({hit.passage.doc_id for hit in both.lexical}) == COUNT

        async with anyio.create_task_group() as group:
            until = anyio.Event()
            group.start_soon(keep_writing, until)
            for _ in range(READERS):
                group.start_soon(keep_searching, until)
            for number in range(SWITCHES - 1):
                embedder = FineEmbedder() if number % 2 == 0 else EMBEDDER
                target = await rebuilding.rebuild(generations, "memos", embedder=embedder, done=silent)
                await rebuilding.switch(generations, target, embedder=embedder, done=silent)
                await generations.remove(rebuilding.outdated(await generations.of("memos")))
            back = rebuilding.before(await generations.of("memos"))
            await rebuilding.switch(generations, back, embedder=EMBEDDER, done=silent)
            until.set()

        print(f"{SWITCHES} switches, {len(shown)} searches, {max(written.values())} versions written")  # noqa: T201
        assert all(len(each) == 1 for each in shown)
        assert {True, False} == set().union(*shown)
        assert max(written.values()) > 2
        versions = await reader.versions("memos", "files")
        expected = {f"memos/{number}": written.get(number, 1) for number in range(COUNT) if number != 1}
        assert versions == expected
        query = Query(text="memo", principals=STAFF, top_k=10 * COUNT)
        seen = {hit.passage.doc_id for hit in await reader.search_lexical(query)}
        assert seen == {
            f"memos/{number}"
            for number in range(COUNT)
            if number != 1 and (number not in written or (number + written[number]) % 2 == 0)
        }


async def test_the_note_of_a_sync_moves_along(cluster: Cluster) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    async with store_of(cluster) as store, generations_of(cluster) as generations:
        await store.write([memo(1)])
        await store.record_sync("memos", "files", at)
        target = await rebuilding.rebuild(generations, "memos", embedder=EMBEDDER, done=silent)
        await rebuilding.switch(generations, target, embedder=EMBEDDER, done=silent)
        await generations.remove_all("other")

        assert await store.as_of() == {"files": at}


async def test_removing_a_collection_leaves_none_of_its_generations(cluster: Cluster) -> None:
    async with store_of(cluster) as store, generations_of(cluster) as generations:
        await store.write([memo(1)])
        await rebuilding.rebuild(generations, "memos", embedder=EMBEDDER, done=silent)
        await generations.remove_all("memos")

        with pytest.raises(InvalidInput, match="there is: none"):
            await generations.of("memos")


async def test_a_delete_before_the_switch_still_fences_after_it(cluster: Cluster) -> None:
    async with store_of(cluster) as store, generations_of(cluster) as generations:
        await store.write([memo(1), memo(2)])
        await store.delete("memos/1", version=5)
        target = await rebuilding.rebuild(generations, "memos", embedder=EMBEDDER, done=silent)
        await rebuilding.switch(generations, target, embedder=EMBEDDER, done=silent)

        with pytest.raises(VersionConflict):
            await store.write([memo(1, version=4)])


async def test_vectors_of_another_model_are_never_compared(cluster: Cluster) -> None:
    other = OtherEmbedder()
    async with store_of(cluster) as before, generations_of(cluster, other) as generations:
        await before.write([memo(1)])
        target = await rebuilding.rebuild(generations, "memos", embedder=other, done=silent)
        await rebuilding.switch(generations, target, embedder=other, done=silent)

        both = await before.search_both(Query(text="memo", principals=STAFF), EMBEDDER.embed_query("memo"), seconds=30)

        assert isinstance(both.dense, Unavailable)
        assert "another embedding model" in str(both.dense)
        assert not isinstance(both.lexical, Exception)
        assert [hit.passage.doc_id for hit in both.lexical] == ["memos/1"]
        with pytest.raises(InvalidInput, match="other-embedder"):
            await before.write([memo(2)])
        with pytest.raises(InvalidInput, match="groundsel index rebuild"):
            async with store_of(cluster):
                pass
        async with store_of(cluster, other) as after:
            assert await after.versions("memos", "files") == {"memos/1": 1}


async def test_a_generation_can_be_searched_before_it_is_live(cluster: Cluster) -> None:
    async with store_of(cluster) as store, generations_of(cluster) as generations:
        await store.write([memo(1)])
        target = await rebuilding.rebuild(generations, "memos", embedder=EMBEDDER, done=silent)
        await store.write([memo(2)])
        held = await generations.of("memos")
        assert (rebuilding.live_of(held).number, rebuilding.beside(held)) == (1, target)

        found = []
        for generation in held:
            shadow = ElasticsearchStore.of_generation(cluster, generation)
            await shadow.prepare()
            query = Query(text="memo", principals=STAFF)
            both = await shadow.search_both(query, EMBEDDER.embed_query("memo"), seconds=30)
            assert not isinstance(both.dense, Exception)
            found.append({hit.passage.doc_id for hit in both.dense})
            await shadow.close()

        assert found == [{"memos/1", "memos/2"}, {"memos/1"}]


async def test_the_first_generation_has_none_before_it_and_no_collection_is_told(cluster: Cluster) -> None:
    async with store_of(cluster) as store, generations_of(cluster) as generations:
        await store.write([memo(1)])

        with pytest.raises(InvalidInput, match="none to go back to"):
            rebuilding.before(await generations.of("memos"))
        with pytest.raises(InvalidInput, match="there is: memos"):
            await generations.of("memoirs")


async def test_a_writer_that_slept_through_two_switches_and_a_cleaning_writes_into_the_live_generation(
    cluster: Cluster,
) -> None:
    async with store_of(cluster) as writer, generations_of(cluster) as generations:
        await writer.write([memo(1)])
        for _ in range(2):
            target = await rebuilding.rebuild(generations, "memos", embedder=EMBEDDER, done=silent)
            await rebuilding.switch(generations, target, embedder=EMBEDDER, done=silent)
            await generations.remove(rebuilding.outdated(await generations.of("memos")))

        await writer.write([memo(2)])

        assert await writer.read(memo(2).document.doc_id, principals=STAFF) == memo(2).document
        assert [each.number for each in await generations.of("memos")] == [2, 3]
