"""The door: what every request passes and every answer carries, as pure ASGI, so that a disconnect stays visible."""

import logging
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundsel_plugin.access import is_loopback
from groundsel_plugin.problems import FORBIDDEN, PAYLOAD_TOO_LARGE, ProblemError, respond

logger = logging.getLogger(__name__)

BODY_BYTES: Final = 1024**2
DOCUMENT_BYTES: Final = 10 * 1024**2  # of a document that is put
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
        cached = "no-cache" if scope["path"].startswith(("/static/", "/openapi.json")) else "no-store"
        sent: set[str] = set()

        async def send_named(message: Message) -> None:
            sent.add(message["type"] if not message.get("more_body") else "")
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update({**HEADERS, "X-Request-Id": request_id})
                headers.setdefault("Cache-Control", cached)
                message["headers"] = headers.raw
            await send(message)

        try:
            most = DOCUMENT_BYTES if scope["method"] == "PUT" else BODY_BYTES
            self._check(Headers(scope=scope), most=most)
            await self.app(scope, bounded(receive, most=most), send_named)
        except ClientDisconnect:
            logger.debug("whoever sent request %s has gone", request_id)
        except Exception as error:
            if not isinstance(error, ProblemError):
                logger.exception("request %s broke", request_id)
            if "http.response.start" not in sent:
                await respond(Request(scope), error)(scope, receive, send_named)
            elif "http.response.body" not in sent:
                raise  # half an answer cannot be taken back: the connection is closed

    def _check(self, headers: Headers, *, most: int) -> None:
        if self.only_loopback and not is_loopback(host_of(headers)):
            raise ProblemError(FORBIDDEN, "this service answers to localhost only")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > most:
            raise ProblemError(PAYLOAD_TOO_LARGE, f"a body has at most {most} bytes")


def host_of(headers: Headers) -> str:
    """Give the host that was asked for, without its port; "" where there is none."""
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def bounded(receive: Receive, *, most: int) -> Receive:
    """Count what is received: a body of unknown length is bounded too."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise ProblemError(PAYLOAD_TOO_LARGE, f"a body has at most {most} bytes")
        return message

    return counted
