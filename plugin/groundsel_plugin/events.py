"""Answers over HTTP: their events as a stream of server-sent events, or gathered into one body."""

from collections.abc import AsyncGenerator
from typing import Final

import anyio
import orjson
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from groundsel_pipelines.types import (
    AnswerEvent,
    Citation,
    Failure,
    Finish,
    ResultsFound,
    Source,
    TextDelta,
    Usage,
)
from groundsel_plugin.problems import INTERNAL, REGISTRY, problem
from groundsel_plugin.wire import AnswerAnswerBody, CitationBody, ResultBody, TotalBody, UsageBody

KEEP_ALIVE_SECONDS: Final = 10  # proxies close what is silent for 30 or 60
WRITE_SECONDS: Final = 10  # a reader that takes nothing for so long is gone
OF_FAILURES: Final = {"Busy": "rate-limited", "Unavailable": "store-unavailable", "AccessDenied": "forbidden"}

Events = AsyncGenerator[AnswerEvent]


class EventStream(Response):
    """Sends an answer's events as they come. Whoever goes away ends the work for them."""

    def __init__(self, first: AnswerEvent, rest: Events, *, request_id: str, instance: str) -> None:
        self.first = first
        self.rest = rest
        self.request_id = request_id
        self.instance = instance
        self.status_code = 200
        self.background = None
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        self.init_headers({**headers, "Content-Type": "text/event-stream; charset=utf-8"})

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Run the sender beside a watch for the disconnect; the one that ends first ends the other."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, receive, group.cancel_scope)
            try:
                await self._send_all(send)
            finally:
                group.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await self.rest.aclose()

    @staticmethod
    async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        into, out = anyio.create_memory_object_stream[AnswerEvent](0)
        async with anyio.create_task_group() as group:
            group.start_soon(self._pull, into)
            await self._write(out, send)
        await self._chunk(send, b"", more=False)

    async def _pull(self, into: MemoryObjectSendStream[AnswerEvent]) -> None:
        async with into:
            await into.send(self.first)
            try:
                async for event in self.rest:
                    await into.send(event)
            except Exception:  # noqa: BLE001 - the 200 has been sent: failure is an event now
                await into.send(Failure(code="internal", detail="an error of the service; its log has the request id"))

    async def _write(self, out: MemoryObjectReceiveStream[AnswerEvent], send: Send) -> None:
        number = 0
        async with out:
            while True:
                event: AnswerEvent | None = None
                with anyio.move_on_after(KEEP_ALIVE_SECONDS) as waiting:
                    try:
                        event = await out.receive()
                    except anyio.EndOfStream:
                        return
                if event is None and waiting.cancelled_caught:
                    await self._chunk(send, b": ka\n\n")
                elif event is not None:
                    number += 1
                    await self._chunk(send, self.encode(event, number))

    @staticmethod
    async def _chunk(send: Send, body: bytes, *, more: bool = True) -> None:
        with anyio.fail_after(WRITE_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": more})

    def encode(self, event: AnswerEvent, number: int) -> bytes:
        name, data = self.named(event)
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, name.encode(), orjson.dumps(data))

    def named(self, event: AnswerEvent) -> tuple[str, dict[str, object]]:
        """Give an event's name on the wire, and its data."""
        match event:
            case ResultsFound(results=found):
                total = TotalBody.of(found).model_dump()
                meta = {"mode": found.mode, "total": total, "degraded": list(found.degraded)}
                return "meta", {"request_id": self.request_id, **meta}
            case Source(marker=marker, passage=passage):
                where = {"id": passage.doc_id, "passage_id": passage.passage_id}
                return "source", {"n": marker, **where, "title": passage.title, "url": passage.uri}
            case TextDelta(text=text):
                return "delta", {"text": text}
            case Citation():
                return "citation", CitationBody.of(event).model_dump()
            case Finish():
                end = {"status": event.status, "method": event.method, "reason": event.reason}
                return "done", {**end, "usage": usage(event.usage).model_dump(), "took_ms": dict(event.took_ms)}
            case Failure():
                return "error", problem(
                    REGISTRY.get(OF_FAILURES.get(event.code, ""), INTERNAL),
                    event.detail,
                    instance=self.instance,
                    request_id=self.request_id,
                )


class BrokenAnswerError(Exception):
    """The answer ended in a failure; `failure` is its last event."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


async def gathered(first: AnswerEvent, rest: Events, *, request_id: str) -> AnswerAnswerBody:
    """Wait for the whole answer.

    Raises:
        BrokenAnswerError: its last event is a failure.

    """
    events = [first, *[event async for event in rest]]
    end = events[-1]
    if isinstance(end, Failure):
        raise BrokenAnswerError(end)
    if not isinstance(end, Finish):
        raise TypeError("an answer ends with Finish or Failure")
    results = [event.results.results for event in events if isinstance(event, ResultsFound)]
    return AnswerAnswerBody(
        request_id=request_id,
        status=end.status,
        method=end.method,
        reason=end.reason,
        text="".join(event.text for event in events if isinstance(event, TextDelta)),
        citations=[CitationBody.of(event) for event in events if isinstance(event, Citation)],
        results=[ResultBody.of(result) for found in results for result in found],
        usage=usage(end.usage),
        took_ms=dict(end.took_ms),
    )


def usage(counted: Usage) -> UsageBody:
    return UsageBody(
        prompt_tokens=counted.prompt_tokens,
        completion_tokens=counted.completion_tokens,
        total_tokens=counted.prompt_tokens + counted.completion_tokens,
    )
