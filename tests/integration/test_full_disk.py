"""A disk that is nearly full: documents wait for room, deletes pass, searches go on, nothing is lost (T21)."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import pytest
from hypothesis import settings

from elasticsearch import AsyncElasticsearch
from groundsel_pipelines.protocols import Cluster, StorePlace
from groundsel_pipelines.stores.elasticsearch.connecting import connect
from groundsel_pipelines.stores.elasticsearch.flooding import BLOCK
from groundsel_pipelines.types import IndexedDocument, Query
from registered_stores import opened
from small_corpus import EMBEDDER, STAFF, numbered

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NIGHTLY = settings.get_current_profile_name() == "nightly"
FLOODS = 30 if NIGHTLY else 2
RESUMED_SECONDS = 60
ASK = Query(text="memo", principals=STAFF)
WATERMARK: Final = "cluster.routing.allocation.disk.watermark"
FULL = {f"{WATERMARK}.{stage}": "999tb" for stage in ("low", "high", "flood_stage")}  # no disk has as much room
ROOM = {f"{WATERMARK}.low": "3b", f"{WATERMARK}.high": "2b", f"{WATERMARK}.flood_stage": "1b"}
WATCHED = {"cluster.routing.allocation.disk.threshold_enabled": True, "cluster.info.update.interval": "10s"}


def memo(number: int, version: int = 1) -> IndexedDocument:
    return numbered("memos", number, f"Memo number{number}.", title=f"Memo {number}", version=version)


@pytest.fixture
def own_node(elasticsearch_url: str, node_folder: Path) -> None:
    if not node_folder.exists():
        pytest.skip(f"the node at {elasticsearch_url} is not ours to change the watermarks of")


@asynccontextmanager
async def watched(client: AsyncElasticsearch) -> AsyncGenerator[None]:
    """Let the node watch its disk meanwhile, as those in use do."""
    await client.cluster.put_settings(persistent={**WATCHED, **ROOM})
    try:
        yield
    finally:
        await client.cluster.put_settings(persistent=dict.fromkeys({**WATCHED, **ROOM}))


async def until_blocked(client: AsyncElasticsearch, index: str) -> None:
    while not await blocked(client, index):  # noqa: ASYNC110 - another process blocks it, and tells nobody
        await anyio.sleep(0.2)


async def blocked(client: AsyncElasticsearch, index: str) -> bool:
    found: dict[str, Any] = dict(await client.indices.get_settings(index=index, name=BLOCK, flat_settings=True))
    return any(each["settings"].get(BLOCK) == "true" for each in found.values())


@pytest.mark.usefixtures("own_node")
async def test_in_flood_stage_documents_wait_deletes_pass_and_searches_go_on(cluster: Cluster, tmp_path: Path) -> None:
    index = f"{cluster.prefix}-memos.000001"
    place = StorePlace(folder=tmp_path, cluster=cluster)
    async with opened("elasticsearch", place, EMBEDDER) as store, connect(cluster) as client, watched(client):
        await store.write([memo(number) for number in range(FLOODS + 2)])
        for flood in range(FLOODS):
            await client.cluster.put_settings(persistent=FULL)
            await until_blocked(client, index)
            stored = anyio.Event()

            async def write(number: int = 100 + flood, stored: anyio.Event = stored) -> None:
                await store.write([memo(number)])
                stored.set()

            async with anyio.create_task_group() as group:
                group.start_soon(write)
                await store.delete(f"memos/{flood}", version=2)
                assert await blocked(client, index)  # it was lifted for the delete alone
                seen = {hit.passage.doc_id for hit in await store.search_lexical(ASK)}
                assert f"memos/{flood}" not in seen
                assert f"memos/{flood + 1}" in seen
                await client.cluster.put_settings(persistent=ROOM)
                with anyio.fail_after(RESUMED_SECONDS):
                    await stored.wait()

        expected = {f"memos/{number}": 1 for number in (FLOODS, FLOODS + 1, *range(100, 100 + FLOODS))}
        assert await store.versions("memos", "files") == expected
