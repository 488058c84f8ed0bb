"""The stream of an answer: results first, sources before sentences, exactly one end, and nobody left working."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import anyio
import httpx
import orjson
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from fakes import ScriptedModel
from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.types import AnswerEvent, AnswerRequest, ResultsFound
from groundsel_plugin.disconnects import unless_gone
from groundsel_plugin.events import EventStream
from groundsel_plugin.gathering import gathered
from groundsel_plugin.routes import Parts
from plugin_parts import client_of
from small_corpus import STAFF

pytestmark = pytest.mark.anyio

ASKED = {"query": "How long is annual leave?", "stream": True}


async def stream(client: httpx.AsyncClient) -> list[tuple[str, dict[str, object]]]:
    response = await client.post("/api/v1/answer", json=ASKED)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    events = [event for event in response.text.split("\n\n") if event and not event.startswith(":")]
    lines = [event.split("\n") for event in events]
    assert [line[0] for line in lines] == [f"id: {number}" for number in range(1, len(lines) + 1)]
    return [(line[1].removeprefix("event: "), orjson.loads(line[2].removeprefix("data: "))) for line in lines]


async def test_the_order_is_results_sources_sentences_with_citations_and_the_end(client: httpx.AsyncClient) -> None:
    events = await stream(client)

    assert [name for name, _ in events][:4] == ["meta", "source", "delta", "citation"]
    assert [name for name, _ in events][-1] == "done"
    assert sum(name in {"done", "error"} for name, _ in events) == 1
    assert events[-1][1]["status"] == "answered"


async def test_a_generated_sentence_that_nothing_carries_is_never_sent(parts: Parts) -> None:
    model = ScriptedModel("Annual leave", " is 99 days.")
    answerer = replace(parts.answerer, method="generated", language_model=model)
    async with client_of(replace(parts, answerer=answerer)) as client:
        events = await stream(client)

    assert not any("99" in str(data["text"]) for name, data in events if name == "delta")
    assert (events[-1][1]["method"], events[-1][1]["reason"]) == ("extractive", "ungrounded")


async def test_a_generated_sentence_that_is_carried_is_sent_with_its_citation(parts: Parts) -> None:
    model = ScriptedModel("Annual leave", " is 25 days.")
    answerer = replace(parts.answerer, method="generated", language_model=model)
    async with client_of(replace(parts, answerer=answerer)) as client:
        events = await stream(client)

    assert ("delta", {"text": "Annual leave is 25 days. [1]"}) in events
    assert events[-1][1]["method"] == "generated"


async def gone() -> Message:
    return {"type": "http.disconnect"}


async def never_gone() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


async def broken(first: ResultsFound, closed: list[bool]) -> AsyncGenerator[AnswerEvent]:
    try:
        yield first
        raise Unavailable("gone")
    finally:
        closed.append(True)


async def waiting(first: ResultsFound, closed: list[bool]) -> AsyncGenerator[AnswerEvent]:
    try:
        yield first
        await anyio.sleep_forever()
    finally:
        closed.append(True)


async def first_event(parts: Parts) -> ResultsFound:
    events = parts.answerer.answer(AnswerRequest(text="leave", principals=STAFF))
    first = await anext(events)
    await events.aclose()
    assert isinstance(first, ResultsFound)
    return first


async def test_a_failure_after_the_first_byte_is_an_event(parts: Parts) -> None:
    found, closed, sent = await first_event(parts), list[bool](), list[bytes]()
    events = broken(found, closed)
    response = EventStream(await anext(events), events, request_id="1", instance="/api/v1/answer")

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    await response({"type": "http"}, never_gone, send)

    assert b"event: error" in b"".join(sent)
    assert closed == [True]


async def test_whoever_goes_away_ends_the_work_for_them(parts: Parts) -> None:
    found, closed = await first_event(parts), list[bool]()
    events = waiting(found, closed)
    response = EventStream(await anext(events), events, request_id="1", instance="/api/v1/answer")

    async def send(_: Message) -> None:
        await anyio.lowlevel.checkpoint()

    with anyio.fail_after(2):
        await response({"type": "http"}, gone, send)

    assert closed == [True]


async def test_an_answer_in_one_piece_is_ended_as_well_when_its_asker_goes(parts: Parts) -> None:
    found, closed = await first_event(parts), list[bool]()
    request = Request({"type": "http", "headers": []}, receive=gone)

    with pytest.raises(ClientDisconnect), anyio.fail_after(2):
        await unless_gone(request, gathered(waiting(found, closed), request_id="1"))

    assert closed == [True]


async def test_a_silent_answer_is_kept_alive_by_comments(parts: Parts) -> None:
    found, closed = await first_event(parts), list[bool]()
    events = waiting(found, closed)
    response = EventStream(
        await anext(events), events, request_id="1", instance="/api/v1/answer", keep_alive_seconds=0.01
    )
    silent = anyio.Event()

    async def until_silent() -> Message:
        await silent.wait()
        return await gone()

    async def send(message: Message) -> None:
        if message.get("body") == b": ka\n\n":
            silent.set()

    with anyio.fail_after(2):
        await response({"type": "http"}, until_silent, send)

    assert closed == [True]


async def test_a_reader_that_takes_nothing_is_given_up(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundsel_plugin.events.WRITE_SECONDS", 0.01)
    found, closed = await first_event(parts), list[bool]()
    events = waiting(found, closed)
    response = EventStream(await anext(events), events, request_id="1", instance="/api/v1/answer")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await anyio.sleep_forever()

    with anyio.fail_after(2):
        await response({"type": "http"}, never_gone, send)

    assert closed == [True]
