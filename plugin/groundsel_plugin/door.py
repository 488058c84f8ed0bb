"""The door: what every request passes and every answer carries, as pure ASGI, so that a disconnect stays visible."""

import logging
import secrets
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundsel_plugin.access import is_loopback
from groundsel_plugin.problems import FORBIDDEN, PAYLOAD_TOO_LARGE, ProblemError, respond

logger = logging.getLogger(__name__)

BODY_BYTES: Final = 1024**2
POLICY: Final = (
    "default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Door:
    """Names each request, bounds its body, answers for what breaks inside, and adds the headers of every answer.

    `only_loopback` refuses requests for another host: a page elsewhere whose name was made to point here (DNS
    rebinding) would read the documents of whoever has it open.
    """

    def __init__(self, app: ASGIApp, *, only_loopback: bool) -> None:
        self.app = app
        self.only_loopback = only_loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["request_id"] = secrets.token_hex(8)
        started = False

        async def send_named(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(raw=message["headers"])
                for name, value in {**HEADERS, "X-Request-Id": request_id}.items():
                    headers[name] = value
                message["headers"] = headers.raw
            await send(message)

        try:
            self._check(Headers(scope=scope))
            await self.app(scope, bounded(receive), send_named)
        except Exception as error:
            if not isinstance(error, ProblemError):
                logger.exception("request %s broke", request_id)
            if started:
                raise  # half an answer cannot be taken back: the connection is closed
            await respond(Request(scope), error)(scope, receive, send_named)

    def _check(self, headers: Headers) -> None:
        host = headers.get("host", "").rsplit(":", 1)[0] if "]" not in headers.get("host", "") else "::1"
        if self.only_loopback and not is_loopback(host):
            raise ProblemError(FORBIDDEN, "this service answers to localhost only")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > BODY_BYTES:
            raise ProblemError(PAYLOAD_TOO_LARGE, f"a body has at most {BODY_BYTES} bytes")


def bounded(receive: Receive) -> Receive:
    """Count what is received: a body of unknown length is bounded too."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_BYTES:
            raise ProblemError(PAYLOAD_TOO_LARGE, f"a body has at most {BODY_BYTES} bytes")
        return message

    return counted
