"""A proxy before a real Elasticsearch that rejects, loses, delays or changes what passes: the faults of a network."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
import httpx
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.buffered import BufferedByteReceiveStream

LONGEST_HEAD: Final = 65_536  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as the client sent it."""

    method: str
    path: str  # with its query
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes
    product: str = "Elasticsearch"


Forward = Callable[[Asked], Awaitable[Answer]]
Between = Callable[[Asked, Forward], Awaitable[Answer | None]]
"""What stands between client and node: may answer itself, change either, or give None to cut the connection."""


@asynccontextmanager
async def listening(serve: Callable[[ByteStream], Awaitable[None]]) -> AsyncGenerator[str]:
    """Give the address of a server of this process; a client that goes away is nothing to tell."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")

    async def quietly(stream: ByteStream) -> None:
        try:
            await serve(stream)
        except* (anyio.BrokenResourceError, anyio.EndOfStream, anyio.IncompleteRead, anyio.ClosedResourceError):
            pass

    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, quietly)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio's, not Django's
        yield f"http://127.0.0.1:{port}"
        group.cancel_scope.cancel()


@asynccontextmanager
async def proxied(node: str, between: Between) -> AsyncGenerator[str]:
    """Give the address of a proxy before `node`."""
    async with httpx.AsyncClient(timeout=120) as client:

        async def forward(asked: Asked) -> Answer:
            response = await client.request(
                asked.method, f"{node}{asked.path}", headers=passed_on(asked.headers), content=asked.body
            )
            product = response.headers.get("x-elastic-product", "")
            return Answer(status=response.status_code, body=response.content, product=product)

        async def serve(stream: ByteStream) -> None:
            async with stream:
                received = BufferedByteReceiveStream(stream)
                while asked := await read(received):
                    answer = await between(asked, forward)
                    if answer is None:
                        return
                    await stream.send(written(answer, head_only=asked.method == "HEAD"))

        async with listening(serve) as address:
            yield address


async def read(stream: BufferedByteReceiveStream) -> Asked | None:
    """Read one request, or None where the connection has ended."""
    try:
        head = await stream.receive_until(b"\r\n\r\n", LONGEST_HEAD)
    except anyio.IncompleteRead:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    body = await stream.receive_exactly(length) if length else b""
    return Asked(method=method, path=path, headers=headers, body=body)


def passed_on(headers: dict[str, str]) -> dict[str, str]:
    """Keep what the node needs to understand and to admit a request."""
    kept = ("content-type", "accept", "authorization", "accept-encoding")
    return {name: value for name, value in headers.items() if name in kept}


def written(answer: Answer, *, head_only: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} -",
        "content-type: application/json",
        f"content-length: {len(answer.body)}",
        *([f"x-elastic-product: {answer.product}"] if answer.product else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head_only else answer.body)
