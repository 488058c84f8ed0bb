"""A network that is long, narrow, stalls or breaks loses no document, doubles none, and holds nobody up (T24)."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from bad_wire import Wire, over
from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.protocols import Cluster, Store, StorePlace
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.types import SearchRequest
from registered_stores import opened
from small_corpus import EMBEDDER, STAFF, numbered

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

BATCHES, SIZE = 3, 12
SLOW = {
    "half a second there and back": Wire(delay=0.25),
    "ten kilobytes a second": Wire(rate=10_000),
    "stalls of two seconds": Wire(stall=2.0),
    "all of these": Wire(delay=0.25, rate=20_000, stall=1.0),
}
BROKEN = {
    "breaks in the middle of a request": Wire(cuts=2),
    "loses answers to what was done": Wire(losses=2),
    "breaks, loses and is long": Wire(cuts=2, losses=2, delay=0.25),
}


def store_at(cluster: Cluster, address: str) -> AbstractAsyncContextManager[Store]:
    place = StorePlace(folder=Path(), cluster=replace(cluster, hosts=(address,)))
    return opened("elasticsearch", place, EMBEDDER)


async def fill(store: Store) -> None:
    for first in range(0, BATCHES * SIZE, SIZE):
        await store.write(
            [
                numbered("memos", number, f"Memo about marker{number}.", title="Memo")
                for number in range(first, first + SIZE)
            ]
        )


@pytest.mark.parametrize("wire", [pytest.param(replace(wire), id=name) for name, wire in (SLOW | BROKEN).items()])
async def test_every_document_is_stored_once_and_little_is_sent_twice(cluster: Cluster, wire: Wire) -> None:
    faults = wire.cuts + wire.losses
    async with over(wire, cluster.hosts[0]) as address, store_at(cluster, address) as store:
        await fill(store)

    async with store_at(cluster, cluster.hosts[0]) as near:
        held, counted = await near.versions("memos", "files"), (await near.statistics()).documents
    assert held == {f"memos/{number}": 1 for number in range(BATCHES * SIZE)}
    assert counted == BATCHES * SIZE
    assert (wire.cuts, wire.losses) == (0, 0)
    assert wire.bulk_requests <= BATCHES + 2 * faults  # after a fault, a batch goes in halves


@pytest.mark.parametrize("wire", [pytest.param(replace(wire), id=name) for name, wire in SLOW.items()])
async def test_a_search_over_a_slow_wire_is_whole_or_refused_in_its_time(cluster: Cluster, wire: Wire) -> None:
    async with store_at(cluster, cluster.hosts[0]) as near:
        await fill(near)
    asked = SearchRequest(text="memo marker1", principals=STAFF)
    async with over(wire, cluster.hosts[0]) as address, store_at(cluster, address) as store:
        patient = Searcher(store=store, embedder=EMBEDDER, fusion=min_max_linear, top_k=5, timeout=60)
        whole = await patient.search(asked)
        with pytest.raises(Unavailable), anyio.fail_after(10):  # a guard: it is refused after .2 s
            await replace(patient, timeout=0.2).search(asked)

    assert whole.degraded == ()
    assert whole.total == BATCHES * SIZE
    assert whole.results[0].passage.doc_id == "memos/1"
