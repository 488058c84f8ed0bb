"""Bad input gets a problem document that says what is wrong and where."""

from dataclasses import replace

import httpx
import pytest

from groundsel_pipelines.errors import Busy, GroundselError, Unavailable
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import Query, Ranking, Vectors
from groundsel_plugin.problems import REGISTRY, TYPES_AT, kind_of
from groundsel_plugin.routes import Parts
from plugin_parts import client_of, made

pytestmark = pytest.mark.anyio


class DownStore(MemoryStore):
    async def search_lexical(self, query: Query) -> Ranking:
        raise Unavailable("the store is down", retry_after=7)

    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        raise Unavailable("the store is down", retry_after=7)


class BrokenStore(MemoryStore):
    async def suggest(self, prefix: str, *, principals: frozenset[str], limit: int) -> tuple[()]:
        raise RuntimeError("secret of the inside")


def problem(response: httpx.Response) -> tuple[int, str, str]:
    """Check the form of a problem and give its status, slug and detail."""
    body = response.json()
    slug = body["type"].removeprefix(TYPES_AT)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == body["request_id"]
    assert (REGISTRY[slug].status, REGISTRY[slug].title) == (response.status_code, body["title"])
    assert body["status"] == response.status_code
    return response.status_code, slug, body["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"query": ""}, "/query"),
        ({"query": "   "}, "/query"),
        ({"query": "x" * 10_000}, "/query"),
        ({"query": 5}, "/query"),
        ({}, "/query"),
        ({"query": "a", "unknown": 1}, "/unknown"),
        ({"query": "a", "limit": 101}, "/limit"),
        ({"query": "a", "limit": "5"}, "/limit"),
        ({"query": "a", "offset": -1}, "/offset"),
        ({"query": "a", "offset": 990, "limit": 20}, ""),
        ({"query": "a", "mode": "magic"}, "/mode"),
        ({"query": "a", "filters": [{"field": "secret", "op": "in", "values": ["x"]}]}, "/filters/0/field"),
        ({"query": "a", "filters": [{"field": "source", "op": "like", "values": ["x"]}]}, "/filters/0/op"),
        ({"query": "a", "filters": [{"field": "source", "op": "in"}]}, "/filters/0"),
        ({"query": "a", "filters": [{"field": "updated_at", "op": "in", "values": ["2025", "abc"]}]}, "/filters/0"),
        ([], ""),
    ],
)
async def test_a_field_that_does_not_fit_is_pointed_at(client: httpx.AsyncClient, body: object, pointer: str) -> None:
    response = await client.post("/api/v1/search", json=body)

    assert problem(response)[:2] == (422, "invalid-request")
    assert response.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("body", [b"", b"{", b'{"query": NaN}', b"\xff\xfe"])
async def test_what_is_no_json_is_said(client: httpx.AsyncClient, body: bytes) -> None:
    assert problem(await client.post("/api/v1/search", content=body))[:2] == (400, "malformed-json")


async def test_json_is_read_whatever_its_content_type(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/plain"}

    assert (await client.post("/api/v1/search", content=b'{"query": "leave"}', headers=headers)).status_code == 200


async def test_a_date_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    condition = {"field": "updated_at", "op": "range", "gte": "yesterday"}
    response = await client.post("/api/v1/search", json={"query": "leave", "filters": [condition]})

    assert problem(response)[:2] == (422, "invalid-request")


async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    async def endless() -> object:
        for _ in range(40):
            yield b"x" * 65_536

    announced = await client.post("/api/v1/search", content=b"x" * (1024**2 + 1))
    unannounced = await client.post("/api/v1/search", content=endless())  # type: ignore[arg-type]  # it is one

    assert problem(announced)[:2] == (413, "payload-too-large")
    assert problem(unannounced)[:2] == (413, "payload-too-large")


async def test_another_method_or_address_is_said(client: httpx.AsyncClient) -> None:
    wrong = await client.get("/api/v1/search")

    assert problem(wrong)[:2] == (405, "method-not-allowed")
    assert wrong.headers["allow"] == "POST"
    assert problem(await client.get("/api/v1/nothing"))[:2] == (404, "not-found")
    assert problem(await client.get("/static/nothing.js"))[:2] == (404, "not-found")


async def test_a_parameter_that_does_not_fit_is_pointed_at(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/autocomplete", params={"q": "a", "limit": "many"})

    assert problem(response)[:2] == (422, "invalid-request")
    assert response.json()["errors"][0]["pointer"] == "/limit"


async def test_both_or_neither_of_ids_and_query_are_refused(client: httpx.AsyncClient) -> None:
    for body in ({}, {"ids": ["docs/a"], "query": "a"}):
        assert problem(await client.post("/api/v1/summarize", json=body))[:2] == (422, "invalid-request")


async def test_a_document_to_summarise_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    for name in ("docs/nothing", "docs/board.md"):
        assert problem(await client.post("/api/v1/summarize", json={"ids": [name]}))[:2] == (404, "not-found")


async def test_a_store_that_is_down_is_503_with_the_time_to_come_back() -> None:
    async with client_of(made(DownStore())) as client:
        for path in ("/api/v1/search", "/api/v1/answer"):
            response = await client.post(path, json={"query": "leave"})

            assert problem(response) == (503, "store-unavailable", "the store is down")
            assert response.headers["retry-after"] == "7"


async def test_whoever_has_no_principal_is_refused(parts: Parts) -> None:
    class Nobody:
        def principals(self, request: object) -> frozenset[str]:
            return frozenset()

    async with client_of(replace(parts, access=Nobody())) as client:
        assert problem(await client.post("/api/v1/search", json={"query": "leave"}))[:2] == (403, "forbidden")


async def test_what_breaks_inside_says_nothing_of_its_inside() -> None:
    async with client_of(made(BrokenStore())) as client:
        response = await client.get("/api/v1/autocomplete", params={"q": "a"})

    assert problem(response)[:2] == (500, "internal")
    assert "secret" not in response.text


async def test_another_host_name_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/v1/search", json={"query": "leave"}, headers={"Host": "evil.example"})

    assert problem(response)[:2] == (403, "forbidden")


def test_every_error_of_ours_has_a_problem() -> None:
    assert kind_of(Busy("full")).status == 429
    assert kind_of(GroundselError("anything")).status == 500
