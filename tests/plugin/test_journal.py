"""What the service notes of requests, and of whom it notes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from groundsel_pipelines.asked_before import AskedBefore
from groundsel_pipelines.query_log import QueryLog, lines
from groundsel_pipelines.query_report import judged, report
from groundsel_plugin.journal import Journal
from groundsel_plugin.routes import Parts
from plugin_parts import client_of

pytestmark = pytest.mark.anyio


async def test_a_search_and_what_was_opened_of_it_are_noted(parts: Parts, tmp_path: Path) -> None:
    async with client_of(replace(parts, journal=Journal(QueryLog(tmp_path)))) as client:
        found = (await client.post("/api/v1/search", json={"query": "annual leave"})).json()
        opened = {"request_id": found["request_id"], "kind": "click", "id": "docs/leave.md", "rank": 1}
        answer = await client.post("/api/v1/feedback", json=opened)

    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    assert [line["event"]["action"] for line in lines(tmp_path)] == ["search", "click"]
    assert judged(report(lines(tmp_path))) == {"annual leave": ("docs/leave.md",)}


async def test_feedback_that_is_sent_twice_under_one_key_is_noted_once(parts: Parts, tmp_path: Path) -> None:
    opened = {"request_id": "a1", "kind": "up", "id": "docs/leave.md", "rank": 1}
    key = {"Idempotency-Key": "k1"}
    async with client_of(replace(parts, journal=Journal(QueryLog(tmp_path)))) as client:
        answers = [await client.post("/api/v1/feedback", json=opened, headers=key) for _ in range(2)]
        other = await client.post("/api/v1/feedback", json=opened | {"kind": "down"}, headers=key)

    assert [answer.status_code for answer in answers] == [202, 202]
    assert (other.status_code, other.json()["type"].rsplit("/", 1)[1]) == (422, "idempotency-mismatch")
    assert [line["groundsel"]["feedback"] for line in lines(tmp_path)] == ["up"]


async def test_what_was_asked_often_completes_what_is_typed(parts: Parts, tmp_path: Path) -> None:
    before = AskedBefore(store=parts.store, folder=tmp_path, least=2)
    async with client_of(replace(parts, journal=Journal(QueryLog(tmp_path)), asked_before=before)) as client:
        for _ in range(2):
            await client.post("/api/v1/search", json={"query": "unused annual leave"})
        found = (await client.get("/api/v1/autocomplete", params={"q": "unu"})).json()["suggestions"]

    assert found == [{"text": "unused annual leave", "kind": "query", "id": None}]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_noted_by_how_it_ended_and_what_it_cites_never_by_its_text(
    parts: Parts, tmp_path: Path, *, stream: bool
) -> None:
    async with client_of(replace(parts, journal=Journal(QueryLog(tmp_path, "hashed")))) as client:
        await client.post("/api/v1/answer", json={"query": "How long is annual leave?", "stream": stream})

    (line,) = lines(tmp_path)
    assert line["event"]["action"] == "answer"
    assert line["groundsel"]["answer"] == {
        "status": "answered",
        "method": "extractive",
        "reason": "",
        "passages": ["docs/leave.md#0"],
        "grounded": True,
        "citations": 1,
    }
    assert "annual" not in str(line).lower()


async def test_who_does_not_want_it_is_not_noted(parts: Parts, tmp_path: Path) -> None:
    async with client_of(replace(parts, journal=Journal(QueryLog(tmp_path)))) as client:
        await client.post("/api/v1/search", json={"query": "annual leave", "log": False})
        await client.post("/api/v1/search", json={"query": "annual leave"}, headers={"Sec-GPC": "1"})
        await client.post("/api/v1/answer", json={"query": "annual leave", "log": False})
        await client.post("/api/v1/answer", json={"query": "annual leave"}, headers={"Sec-GPC": "1"})

    assert not any(tmp_path.glob("*"))  # noqa: ASYNC240 - a folder of the test alone


async def test_a_log_that_cannot_be_written_costs_no_result(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with client_of(replace(parts, journal=Journal(QueryLog(tmp_path / "file")))) as client:
        answer = await client.post("/api/v1/search", json={"query": "annual leave"})

    assert answer.status_code == 200
