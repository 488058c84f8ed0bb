"""The node is killed while four writers work: what was acknowledged is there, and nothing else (T04)."""

import random
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import pytest
from hypothesis import settings

from fakes import HashEmbedder
from groundsel_pipelines.errors import Unavailable, VersionConflict
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.types import IndexedDocument, Query
from small_corpus import STAFF, numbered

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "elasticsearch_node.py"
NIGHTLY = settings.get_current_profile_name() == "nightly"
KILLS, DOCUMENTS = (40, 100_000) if NIGHTLY else (3, 5_000)
FORGOTTEN_SECONDS = 61  # Elasticsearch itself forgets a delete after 60
WRITERS, BATCH = 4, 25
EMBEDDER = HashEmbedder()
DELETED = 20  # every so many-th document ends deleted


def ledgered(number: int, version: int) -> IndexedDocument:
    text = f"Entry marker{number}."
    return numbered("ledger", number, text, title=f"Entry {number}", version=version, embedder=EMBEDDER)


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What writers were told is durable."""

    acknowledged: dict[int, int] = field(default_factory=dict[int, int])  # version by number
    deleted: list[int] = field(default_factory=list[int])

    async def work(self, store: ElasticsearchStore, writer: int, killed: anyio.Event) -> None:
        """Write new documents, and each of them once more; go on until the last kill, and the last document."""
        number = writer
        while not killed.is_set() or number < DOCUMENTS:
            numbers = range(number, number + BATCH * WRITERS, WRITERS)
            for version in (1, 2):
                documents = [ledgered(each, version) for each in numbers]
                await acknowledged(partial(store.write, documents))
                self.acknowledged.update(dict.fromkeys(numbers, version))
            for each in (each for each in numbers if each % DELETED == 0):
                await acknowledged(partial(store.delete, f"ledger/{each}", version=3))
                del self.acknowledged[each]
                self.deleted.append(each)
            number = numbers.stop

    async def check(self, store: ElasticsearchStore, chance: random.Random) -> None:
        """Read everything back: versions, counts, words; and try to bring back what was deleted."""
        held = await store.versions("ledger", "files")
        assert held == {f"ledger/{number}": version for number, version in self.acknowledged.items()}
        assert (await store.statistics()).documents == len(self.acknowledged)
        for number in chance.sample(self.deleted, 1000 if NIGHTLY else 20):
            with pytest.raises(VersionConflict):
                await store.write([ledgered(number, 2)])
        for number in chance.sample(sorted(self.acknowledged), 20):
            found = await store.search_lexical(Query(text=f"marker{number}", principals=STAFF))
            assert [hit.passage.doc_id for hit in found] == [f"ledger/{number}"]


async def acknowledged(write: Callable[[], Awaitable[None]]) -> None:
    """Write until it is acknowledged: on a busy machine a node may be away for longer than a writer waits."""
    while True:
        try:
            return await write()
        except Unavailable as error:
            print(error)  # noqa: T201 - it is what a person is told to do as well: run the command again


async def disturb(folder: Path, chance: random.Random, killed: anyio.Event) -> None:
    """Kill the node at random moments, and start it again on what it left."""
    for _ in range(KILLS):
        await anyio.sleep(chance.uniform(0.5, 4))
        for action in ("kill", "restart"):
            await anyio.run_process([sys.executable, str(SCRIPT), action, "--folder", str(folder)], stderr=None)
    killed.set()


@pytest.fixture
def own_node(elasticsearch_url: str, node_folder: Path) -> Path:
    if not node_folder.exists():
        pytest.skip(f"the node at {elasticsearch_url} is not ours to kill")
    return node_folder


async def test_nothing_acknowledged_is_lost_doubled_or_brought_back(cluster: Cluster, own_node: Path) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}, {KILLS} kills, at least {DOCUMENTS} documents")  # noqa: T201 - to run the same again
    chance, ledger, killed = random.Random(seed), Ledger(), anyio.Event()  # noqa: S311 - no secret
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(opened_store(cluster)) for _ in range(WRITERS)]
        async with anyio.create_task_group() as group:
            for writer, store in enumerate(stores):
                group.start_soon(ledger.work, store, writer, killed)
            group.start_soon(disturb, own_node, chance, killed)
        if NIGHTLY:
            await anyio.sleep(FORGOTTEN_SECONDS)
        await ledger.check(stores[0], chance)


@asynccontextmanager
async def opened_store(cluster: Cluster) -> AsyncGenerator[ElasticsearchStore]:
    store = ElasticsearchStore(cluster, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
    await store.prepare()
    try:
        yield store
    finally:
        await store.close()
