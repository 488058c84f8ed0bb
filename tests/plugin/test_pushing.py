"""Documents put and deleted over HTTP: by holders of a key, found at once, fenced by their version, sent twice."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from groundsel_ingest.stages import identify
from groundsel_pipelines.pushing import Pusher
from groundsel_plugin.keys import KeyFile
from groundsel_plugin.pushing import Pushing
from groundsel_plugin.routes import Parts
from plugin_parts import client_of
from small_corpus import EMBEDDER

MEMO = {
    "title": "Garden rules",
    "body": "Hoses are rolled up in the evening.",
    "url": "https://wiki/garden",
    "access": ["groundsel:public", "group:staff"],
    "version": 7,
}
PLACE = "/api/v1/collections/wiki/documents/wiki%2Fgarden"

pytestmark = pytest.mark.anyio


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def key(keys: KeyFile) -> str:
    return keys.add("the wiki", scopes=("ingest:write",), collections=["wiki"])


@pytest.fixture
async def client(parts: Parts, keys: KeyFile, key: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(opened(parts, keys)) as made:
        made.headers["Authorization"] = f"Bearer {key}"
        yield made


def opened(parts: Parts, keys: KeyFile) -> Parts:
    return replace(parts, pushing=Pushing(pusher=Pusher(store=parts.store, embedder=EMBEDDER), keys=keys))


async def found(client: httpx.AsyncClient) -> list[str]:
    """Search everywhere: a collection that holds nothing for the asker is an error of its own."""
    answer = await client.post("/api/v1/search", json={"query": "hoses rolled"})
    return [result["id"] for result in answer.json()["results"] if result["id"].startswith("wiki/")]


async def test_a_document_that_is_put_is_found_replaced_read_and_deleted(client: httpx.AsyncClient) -> None:
    created = await client.put(PLACE, json=MEMO)
    assert (created.status_code, created.json()) == (201, {"id": "wiki/garden", "version": 7, "passages": 1})
    assert await found(client) == ["wiki/garden"]

    replaced = await client.put(PLACE, json=MEMO | {"version": 8, "body": "Hoses are rolled up at noon."})
    assert replaced.status_code == 200
    read = (await client.get(PLACE)).json()
    assert (read["body"], read["version"], read["source"]) == ("Hoses are rolled up at noon.", 8, "push")

    assert [(await client.delete(f"{PLACE}?version=9")).status_code for _ in range(2)] == [204, 204]
    assert await found(client) == []
    assert (await client.get(PLACE)).status_code == 404


async def test_an_older_version_changes_nothing_and_an_equal_one_is_harmless(client: httpx.AsyncClient) -> None:
    await client.put(PLACE, json=MEMO)
    older = await client.put(PLACE, json=MEMO | {"version": 6, "body": "Old."})
    equal = await client.put(PLACE, json=MEMO)
    await client.delete(f"{PLACE}?version=9")
    resurrected = await client.put(PLACE, json=MEMO | {"version": 8})

    assert (older.status_code, older.json()["type"].rsplit("/", 1)[1]) == (409, "version-conflict")
    assert equal.status_code == 200
    assert resurrected.status_code == 409
    assert await found(client) == []


async def test_a_document_without_readers_is_refused_and_one_for_nobody_is_hidden(client: httpx.AsyncClient) -> None:
    missing = await client.put(PLACE, json={key: value for key, value in MEMO.items() if key != "access"})
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["pointer"] == "/access"

    assert (await client.put(PLACE, json=MEMO | {"access": []})).status_code == 201
    assert await found(client) == []


async def test_the_same_key_and_body_is_answered_as_before_and_another_body_is_refused(
    client: httpx.AsyncClient,
) -> None:
    key = {"Idempotency-Key": "a1"}
    first = await client.put(PLACE, json=MEMO, headers=key)
    again = await client.put(PLACE, json=MEMO, headers=key)
    other = await client.put(PLACE, json=MEMO | {"version": 8}, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["type"].rsplit("/", 1)[1]) == (422, "idempotency-mismatch")


async def test_a_refusal_is_not_remembered(client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "a1"}
    assert (await client.put(PLACE, json=MEMO | {"body": "\u200b \u200b"}, headers=key)).status_code == 422
    assert (await client.put(PLACE, json=MEMO, headers=key)).status_code == 201


@pytest.mark.parametrize("doc_id", ["garden", "other%2Fgarden", "wiki%2F", "wiki%2Fa%23b", "wiki%2F" + "x" * 600])
async def test_an_id_that_is_not_of_the_collection_is_refused(client: httpx.AsyncClient, doc_id: str) -> None:
    refused = await client.put(f"/api/v1/collections/wiki/documents/{doc_id}", json=MEMO)

    assert refused.status_code == 422


async def test_what_nobody_sees_is_taken_out_and_large_documents_are_bounded(client: httpx.AsyncClient) -> None:
    hidden = "Hoses\u200b are\U000e0041 rolled up. " + "Some ordinary words follow. " * 60_000
    assert (await client.put(PLACE, json=MEMO | {"body": hidden})).status_code == 201
    assert (await client.get(PLACE)).json()["body"].startswith("Hoses are rolled up.")
    assert (await client.put(PLACE, json=MEMO | {"body": "x" * 11_000_000})).status_code == 413


async def test_pushing_is_off_unless_it_is_opened(parts: Parts) -> None:
    async with client_of(parts) as closed:
        assert (await closed.put(PLACE, json=MEMO)).status_code == 403
        assert (await closed.delete(f"{PLACE}?version=9")).status_code == 403


# ---------------------------------------------------------------- who may


async def put(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[int, str]:
    answer = await client.put(PLACE, json=MEMO, headers=headers)
    return answer.status_code, answer.headers.get("www-authenticate", "")


@pytest.mark.parametrize("headers", [
    {}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer gsl_"},
    {"Authorization": "Bearer gsl__"}, {"Authorization": "Basic !"}, {"Authorization": "ApiKey e30="},
    {"api-key": "gsl_0000000000000000_secret"}, {"Authorization": "Digest gsl_0_0"},
])  # fmt: skip
async def test_without_a_valid_key_nothing_is_put_or_deleted(
    parts: Parts, keys: KeyFile, headers: dict[str, str]
) -> None:
    async with client_of(opened(parts, keys)) as stranger:
        status, challenge = await put(stranger, headers)
        assert status == 401
        assert challenge.startswith('Bearer realm="groundsel"')
        assert ("invalid_token" in challenge) == bool(headers)
        assert (await stranger.delete(f"{PLACE}?version=9", headers=headers)).status_code == 401
        assert await found(stranger) == []


async def test_a_key_is_taken_in_every_way_that_programs_send_one(parts: Parts, keys: KeyFile, key: str) -> None:
    _, key_id, secret = key.split("_", 2)
    pair = b64encode(f"{key_id}:{secret}".encode()).decode()
    password = b64encode(f"anyone:{key}".encode()).decode()
    ways = [
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"ApiKey {key}"},
        {"Authorization": f"ApiKey {pair}"},
        {"Authorization": f"Basic {pair}"},
        {"Authorization": f"Basic {password}"},
        {"api-key": key},
        {"api-key": key, "Authorization": f"Bearer {key}"},
    ]
    async with client_of(opened(parts, keys)) as client:
        assert [(await put(client, headers))[0] for headers in ways] == [201, *[200] * 6]


async def test_two_different_keys_in_one_request_are_refused(client: httpx.AsyncClient, keys: KeyFile) -> None:
    other = keys.add("another", scopes=("ingest:write",), collections=["wiki"])

    assert (await put(client, {"api-key": other}))[0] == 400


async def test_a_key_of_another_collection_or_without_the_scope_is_refused(parts: Parts, keys: KeyFile) -> None:
    elsewhere = keys.add("hr", scopes=("ingest:write",), collections=["hr"])
    idle = keys.add("idle", scopes=(), collections=["wiki"])
    async with client_of(opened(parts, keys)) as client:
        for refused in (elsewhere, idle):
            status, challenge = await put(client, {"Authorization": f"Bearer {refused}"})
            assert status == 403
            assert 'error="insufficient_scope", scope="ingest:write"' in challenge


async def test_a_key_that_is_removed_is_dead_at_once(client: httpx.AsyncClient, keys: KeyFile, key: str) -> None:
    assert (await put(client, {}))[0] == 201
    keys.remove(key.split("_")[1])
    assert (await put(client, {}))[0] == 401


async def test_where_the_keys_cannot_be_read_nobody_is_let_in(client: httpx.AsyncClient, keys: KeyFile) -> None:
    keys.path.write_text("not json", encoding="utf-8")

    assert (await put(client, {}))[0] == 503
    assert await found(client) == []


async def test_what_one_sender_was_told_is_not_told_another_who_uses_the_same_idempotency_key(
    client: httpx.AsyncClient, keys: KeyFile
) -> None:
    other = keys.add("another", scopes=("ingest:write",), collections=["wiki"])
    assert (await put(client, {"Idempotency-Key": "a1"}))[0] == 201
    assert (await put(client, {"Idempotency-Key": "a1", "Authorization": f"Bearer {other}"}))[0] == 200


def test_what_is_kept_of_a_key_is_not_the_key_and_only_its_owner_reads_it(keys: KeyFile, key: str) -> None:
    assert key.split("_", 2)[2] not in keys.path.read_text(encoding="utf-8")
    assert keys.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("own", [identify("wiki", "docs", "garden.md").partition("/")[2], "sync:docs"])
async def test_what_a_sync_keeps_is_neither_replaced_nor_deleted(
    client: httpx.AsyncClient, parts: Parts, own: str
) -> None:
    place = f"/api/v1/collections/wiki/documents/wiki%2F{own}"
    refused = [await client.put(place, json=MEMO), await client.delete(f"{place}?version=9")]

    assert [answer.status_code for answer in refused] == [422, 422]
    assert all("its source" in answer.json()["detail"] for answer in refused)
    assert await parts.store.versions("wiki", "push") == {}
