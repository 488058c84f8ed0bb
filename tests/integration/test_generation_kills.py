"""A rebuild or switch that is killed at any of its steps loses nothing, and is finished by running it again (T19)."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from fakes import HashEmbedder
from groundsel_pipelines import rebuilding
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.settings import environment_without
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.stores.elasticsearch.generations import Generations
from groundsel_pipelines.types import IndexedDocument, Query
from small_corpus import STAFF, numbered

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

EMBEDDER = HashEmbedder()
COUNT = 150  # more than are copied in one go
BOARD = frozenset({"group:board"})


def memo(number: int, version: int = 1, allowed: frozenset[str] = STAFF) -> IndexedDocument:
    text = f"Memo number{number}."
    return numbered("memos", number, text, title=f"Memo {number}", version=version, allowed=allowed, embedder=EMBEDDER)


def silent(completed: int, total: int) -> None:
    """Show nothing."""


def dying(step: str, moment: str) -> type[Generations]:
    """Make generations that end the process, as a power cut would, before or after their first `step`."""
    real: Callable[..., object] = getattr(Generations, step)

    async def killed(self: Generations, *given: object) -> object:
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await real(self, *given)  # type: ignore[misc]  # every step is a coroutine
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    return type("Dying", (Generations,), {step: killed})


async def rebuild_and_switch(cluster: Cluster, kind: type[Generations] = Generations) -> None:
    """Do what `groundsel index rebuild` and `groundsel index switch` do."""
    generations = kind(cluster, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
    try:
        target = await rebuilding.rebuild(generations, "memos", embedder=EMBEDDER, done=silent)
        await rebuilding.switch(generations, target, embedder=EMBEDDER, done=silent)
    finally:
        await generations.close()


STEPS = [
    ("create", "after"),
    ("write", "after"),
    ("block", "before"),
    ("block", "after"),
    ("lead_to", "before"),
    ("lead_to", "after"),
]


@pytest.mark.parametrize(("step", "moment"), STEPS)
async def test_killed_at_any_step_nothing_is_lost_and_running_it_again_ends_it(
    cluster: Cluster, step: str, moment: str
) -> None:
    store = ElasticsearchStore(cluster, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)
    await store.prepare()
    await store.write([memo(number) for number in range(COUNT)])
    await store.delete("memos/1", version=2)
    await store.versions("memos", "files")

    command = [sys.executable, __file__, cluster.hosts[0], cluster.prefix, step, moment]
    environment = {**environment_without(), "PYTHONPATH": str(Path(__file__).parents[1])}  # of the tests' own parts
    with subprocess.Popen(command, env=environment) as process:  # noqa: ASYNC220 - starting it takes no time
        while process.poll() is None:
            assert len(await seen(store)) == COUNT - 1  # searches neither fail nor see two generations or none
            await anyio.sleep(0.1)
    assert process.returncode == -signal.SIGKILL
    assert len(await seen(store)) == COUNT - 1

    async with anyio.create_task_group() as group:  # these wait while the index is closed to writes
        group.start_soon(store.write, [memo(2, 5, BOARD)])
        group.start_soon(lambda: store.delete("memos/3", version=5))
        await rebuild_and_switch(cluster)

    expected = {f"memos/{number}": 5 if number == 2 else 1 for number in range(COUNT) if number not in (1, 3)}
    assert await store.versions("memos", "files") == expected
    assert await seen(store) == expected.keys() - {"memos/2"}
    await store.close()


async def seen(store: ElasticsearchStore) -> set[str]:
    found = await store.search_lexical(Query(text="memo", principals=STAFF, top_k=2 * COUNT))
    return {hit.passage.doc_id for hit in found}


if __name__ == "__main__":
    address, prefix, step, moment = sys.argv[1:]
    anyio.run(rebuild_and_switch, Cluster(hosts=(address,), prefix=prefix), dying(step, moment))
