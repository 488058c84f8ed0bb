"""Disconnects: work is cancelled as soon as whoever asked for it has gone."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

Given = TypeVar("Given")


async def gone(receive: Receive) -> None:
    """Wait until the client has gone; what it still sends is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless_gone(request: Request, work: Awaitable[Given]) -> Given:
    """Await `work`, which is cancelled when the client goes away; the body must have been read before.

    Raises:
        ClientDisconnect: the client has gone; there is nobody to answer.

    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(gone(request.receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.wait({working, watching})
