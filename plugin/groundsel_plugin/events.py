"""Answers as server-sent events: each event of an answer is sent as it comes, in one line of JSON."""

import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
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
    SectionBegun,
    Source,
    TextDelta,
)
from groundsel_plugin.disconnects import gone
from groundsel_plugin.problems import kind_of_code, problem
from groundsel_plugin.wire.told import CitationBody, SourceBody, TotalBody, UsageBody

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS: Final = 10  # proxies close what is silent for 30 or 60
WRITE_SECONDS: Final = 10  # a reader that takes nothing for so long is gone

Events = AsyncGenerator[AnswerEvent]


class EventStream(Response):
    """Sends an answer's events as they come. Whoever goes away ends the work for them."""

    def __init__(
        self,
        first: AnswerEvent,
        rest: Events,
        *,
        request_id: str,
        instance: str,
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
    ) -> None:
        self.first = first
        self.rest = rest
        self.request_id = request_id
        self.instance = instance
        self.keep_alive_seconds = keep_alive_seconds
        self.status_code = 200
        self.background = None
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        self.init_headers({**headers, "Content-Type": "text/event-stream; charset=utf-8"})

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send beside a watch for the disconnect and beside the answerer; the end of one is the end of all."""
        into, out = anyio.create_memory_object_stream[AnswerEvent](0)
        async with out, anyio.create_task_group() as group:
            group.start_soon(self._watch, receive, group.cancel_scope)
            group.start_soon(self._pull, into)
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await self._write(out, send)
                await self._chunk(send, b"", more=False)
            except TimeoutError:
                logger.info("whoever sent request %s takes nothing any more", self.request_id)
            group.cancel_scope.cancel()

    @staticmethod
    async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
        await gone(receive)
        scope.cancel()

    async def _pull(self, into: MemoryObjectSendStream[AnswerEvent]) -> None:
        """Take the events from the answerer; the task that iterates it is the one that closes it."""
        with into, suppress(anyio.BrokenResourceError):  # the reader has gone
            try:
                await into.send(self.first)
                async for event in self.rest:
                    await into.send(event)
            except Exception:
                logger.exception("the answer of request %s broke", self.request_id)
                detail = "an error of the service, not of the request; its log has the request id"
                await into.send(Failure(code="", detail=detail))
            finally:
                with anyio.CancelScope(shield=True):
                    await self.rest.aclose()

    async def _write(self, out: MemoryObjectReceiveStream[AnswerEvent], send: Send) -> None:
        number = 0
        while True:
            try:
                with anyio.fail_after(self.keep_alive_seconds):
                    event = await out.receive()
            except TimeoutError:
                await self._chunk(send, b": ka\n\n")
            except anyio.EndOfStream:
                return
            else:
                number += 1
                await self._chunk(send, self.encode(event, number))

    @staticmethod
    async def _chunk(send: Send, body: bytes, *, more: bool = True) -> None:
        with anyio.fail_after(WRITE_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": more})

    def encode(self, event: AnswerEvent, number: int) -> bytes:
        name, data = self.named(event)
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, name.encode(), orjson.dumps(data))

    def named(self, event: AnswerEvent) -> tuple[str, dict[str, object]]:  # noqa: PLR0911 - one for each kind of event
        """Give an event's name on the wire, and its data."""
        match event:
            case ResultsFound(results=found, rewritten=rewritten):
                total = TotalBody.of(found).model_dump()
                meta = {"mode": found.mode, "total": total, "degraded": list(found.degraded)}
                return "meta", {"request_id": self.request_id, **meta, "rewritten": rewritten or None}
            case Source():
                return "source", SourceBody.of(event).model_dump()
            case SectionBegun(kind=part, start=start):
                return "section", {"kind": part, "start": start}
            case TextDelta(text=text):
                return "delta", {"text": text}
            case Citation():
                return "citation", CitationBody.of(event).model_dump()
            case Finish():
                end = {"status": event.status, "method": event.method, "reason": event.reason}
                said = {"message": event.message or None}
                return "done", {
                    **end,
                    **said,
                    "usage": UsageBody.of(event.usage).model_dump(),
                    "took_ms": dict(event.took_ms),
                }
            case Failure(code=code, detail=detail):
                kind = kind_of_code(code)
                return "error", problem(kind, detail, instance=self.instance, request_id=self.request_id)
