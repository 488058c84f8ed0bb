"""What is told and given when Elasticsearch is down, slow, full, broken or not Elasticsearch at all (T05, T21)."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest
from hypothesis import settings

from faulty_proxy import Answer, Asked, Between, Forward, proxied
from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.stores.elasticsearch.connecting import connect
from groundsel_pipelines.types import IndexedDocument, Query
from plugin_parts import client_of, made
from small_corpus import EMBEDDER, STAFF, numbered

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NIGHTLY = settings.get_current_profile_name() == "nightly"
ASK = Query(text="memo", principals=STAFF)


def store_at(cluster: Cluster, **changes: object) -> ElasticsearchStore:
    place = replace(cluster, **changes)  # type: ignore[arg-type]  # each test names real fields
    return ElasticsearchStore(place, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)


def memo(number: int, text: str = "") -> IndexedDocument:
    return numbered("memos", number, text or f"Memo about marker{number}.", title=f"Memo {number}")


async def filled(cluster: Cluster, count: int = 3) -> None:
    store = store_at(cluster)
    await store.prepare()
    await store.write([memo(number) for number in range(count)])
    await store.close()


# ---------------------------------------------------------------- writing through faults


@dataclass(slots=True)
class Storm:
    """Rejects 30 % of items and 20 % of requests, and loses 5 % of the answers to what was done."""

    chance: random.Random
    sent: int = 0
    faults: dict[str, int] = field(default_factory=dict[str, int])

    async def __call__(self, asked: Asked, forward: Forward) -> Answer | None:
        if not asked.path.startswith("/_bulk"):
            return await forward(asked)
        lines = asked.body.splitlines(keepends=True)
        items = list(zip(lines[::2], lines[1::2], strict=True))
        self.sent += len(items)
        if self.happens("requests", 0.2):
            return Answer(status=429, body=error(429, "es_rejected_execution_exception"))
        rejected = [self.happens("items", 0.3) for _ in items]
        kept = [part for pair, refused in zip(items, rejected, strict=True) for part in pair if not refused]
        given: list[Any] = []
        if kept:
            answer = await forward(replace(asked, body=b"".join(kept)))
            given = json.loads(answer.body)["items"]
        if self.happens("answers", 0.05):
            return None
        done = iter(given)
        merged = [{"index": refusal(pair[0])} if no else next(done) for pair, no in zip(items, rejected, strict=True)]
        return Answer(status=200, body=json.dumps({"took": 1, "errors": True, "items": merged}).encode())

    def happens(self, what: str, share: float) -> bool:
        met = self.chance.random() < share
        self.faults[what] = self.faults.get(what, 0) + met
        return met


def refusal(action: bytes) -> dict[str, Any]:
    return {
        **{key: value for key, value in json.loads(action)["index"].items() if key in ("_index", "_id")},
        "status": 429,
        "error": {"type": "es_rejected_execution_exception", "reason": "the queue is full"},
    }


def error(status: int, kind: str, reason: str = "words") -> bytes:
    cause = {"type": kind, "reason": reason}
    return json.dumps({"error": {**cause, "root_cause": [cause]}, "status": status}).encode()


async def test_nothing_is_lost_or_doubled_in_a_storm_of_rejections(cluster: Cluster) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    storm = Storm(random.Random(seed))  # noqa: S311 - no secret
    writers, batch, count = 10, 50, 50_000 if NIGHTLY else 5000  # most of the time is waiting, side by side
    async with proxied(cluster.hosts[0], storm) as address:
        stores = [store_at(cluster, hosts=(address,)) for _ in range(writers)]
        for store in stores:
            await store.prepare()

        async def write(store: ElasticsearchStore, first: int) -> None:
            for start in range(first * batch, count, writers * batch):
                await store.write([memo(number) for number in range(start, start + batch)])

        async with anyio.create_task_group() as group:
            for number, store in enumerate(stores):
                group.start_soon(write, store, number)
        held = await stores[0].versions("memos", "files")
        counted = (await stores[0].statistics()).documents
        for store in stores:
            await store.close()

    print(f"seed {seed}, {count} documents, faults {storm.faults}, sent {storm.sent / count:.2f} times")  # noqa: T201
    assert held == {f"memos/{number}": 1 for number in range(count)}
    assert counted == count
    assert storm.sent <= 2.5 * count


async def test_a_node_that_goes_away_while_the_first_index_is_made_is_waited_for(cluster: Cluster) -> None:
    cut = iter(range(3))  # more than the client itself tries

    async def between(asked: Asked, forward: Forward) -> Answer | None:
        return None if asked.method == "PUT" and next(cut, None) is not None else await forward(asked)

    async with proxied(cluster.hosts[0], between) as address:
        store = store_at(cluster, hosts=(address,))
        await store.prepare()
        await store.write([memo(1)])
        assert await store.versions("memos", "files") == {"memos/1": 1}
        await store.close()


async def test_a_closed_index_lets_writes_and_deletes_wait_and_searches_go_on(cluster: Cluster) -> None:
    await filled(cluster)
    index = f"{cluster.prefix}-memos.000001"
    store, client = store_at(cluster), connect(cluster)
    await store.prepare()
    await client.indices.put_settings(index=index, settings={"index.blocks.write": True})
    async with anyio.create_task_group() as group:
        group.start_soon(store.write, [memo(7)])
        group.start_soon(lambda: store.delete("memos/1", version=3))
        await anyio.sleep(1)
        assert {hit.passage.doc_id for hit in await store.search_lexical(ASK)} == {"memos/0", "memos/1", "memos/2"}
        await client.indices.put_settings(index=index, settings={"index.blocks.write": None})
    assert await store.versions("memos", "files") == {"memos/0": 1, "memos/2": 1, "memos/7": 1}
    await client.close()
    await store.close()


# ---------------------------------------------------------------- searching through faults


def answering(status: int, body: bytes, *, product: str = "Elasticsearch", path: str = "/") -> Between:
    """Answer all requests to `path` so, and pass the others on."""

    async def between(asked: Asked, forward: Forward) -> Answer | None:
        if asked.path.startswith(path):
            return Answer(status=status, body=body, product=product)
        return await forward(asked)

    return between


async def slow(asked: Asked, forward: Forward) -> Answer | None:
    await anyio.sleep(3)
    return await forward(asked)


def half_failed(change: Callable[[dict[str, Any]], None]) -> Between:
    """Let the node answer, and change each answer of a search as half of the shards would."""

    async def between(asked: Asked, forward: Forward) -> Answer | None:
        answer = await forward(asked)
        if not asked.path.startswith("/_msearch"):
            return answer
        body = json.loads(answer.body)
        for response in body["responses"]:
            change(response)
        return replace(answer, body=json.dumps(body).encode())

    return between


def shards_failed(response: dict[str, Any]) -> None:
    response["_shards"] = {"total": 2, "successful": 1, "skipped": 0, "failed": 1}


def timed_out(response: dict[str, Any]) -> None:
    response["timed_out"] = True


def old_version() -> bytes:
    return json.dumps({"version": {"number": "7.17.9"}, "tagline": "You Know, for Search"}).encode()


REFUSED = [
    ("not Elasticsearch", answering(200, b'{"version": {"number": "8.19.8"}}', product=""), "is not Elasticsearch"),
    ("a web page", answering(200, b"<html>", product=""), "is not Elasticsearch"),
    ("an old version", answering(200, old_version(), path="/"), "is 7.17.9; 8.19 or newer is needed"),
    ("credentials", answering(401, error(401, "security_exception")), "refuses the credentials; check store.api_key"),
    (
        "no rights",
        answering(403, error(403, "security_exception", "action [indices:data/read/msearch] is unauthorized")),
        "does not let these credentials do that: action",
    ),
    ("overload", answering(503, error(503, "unavailable_shards_exception")), "answered 503"),
    ("slowness", slow, "did not answer within 1 s"),
]


@pytest.mark.parametrize(("between", "told"), [pytest.param(*each[1:], id=each[0]) for each in REFUSED])
async def test_each_fault_of_a_cluster_has_its_own_sentence(cluster: Cluster, between: Between, told: str) -> None:
    async with proxied(cluster.hosts[0], between) as address:
        with pytest.raises(Unavailable, match=told):
            await store_at(cluster, hosts=(address,), timeout=1).prepare()


async def test_an_address_where_nothing_listens_says_what_to_do() -> None:
    with pytest.raises(Unavailable, match=r"no Elasticsearch answers at http://127\.0\.0\.1:9; start it, or correct"):
        await store_at(Cluster(hosts=("http://127.0.0.1:9",))).prepare()


DURING: list[tuple[str, Between]] = [
    ("shards", half_failed(shards_failed)),
    ("time", half_failed(timed_out)),
    ("rejection", answering(429, error(429, "es_rejected_execution_exception"), path="/_msearch")),
    ("rights", answering(403, error(403, "security_exception"), path="/_msearch")),
    ("slowness", slow),
]


@pytest.mark.parametrize("between", [pytest.param(each[1], id=each[0]) for each in DURING])
async def test_a_fault_while_searching_is_503_and_never_a_part_of_the_answer(
    cluster: Cluster, between: Between
) -> None:
    await filled(cluster)
    broken = anyio.Event()

    async def later(asked: Asked, forward: Forward) -> Answer | None:
        return await (between(asked, forward) if broken.is_set() else forward(asked))

    async with proxied(cluster.hosts[0], later) as address:
        store = store_at(cluster, hosts=(address,), timeout=1)
        await store.prepare()
        async with client_of(made(store)) as client:
            found = await client.post("/api/v1/search", json={"query": "memo marker1"})
            assert found.status_code == 200
            assert found.json()["total"]["value"] == 3
            broken.set()
            await anyio.sleep(2.1)  # what is remembered of the store is forgotten
            refused = await client.post("/api/v1/search", json={"query": "memo marker1"})
            ready = await client.get("/readyz")
        await store.close()

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "Elasticsearch at http://127.0.0.1" in refused.json()["detail"]
    assert ready.status_code == 503
