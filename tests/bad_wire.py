"""A wire to a real server that is long, narrow, stalls or breaks; bytes pass as they are."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from typing import Final

import anyio
from anyio.abc import ByteStream

from faulty_proxy import listening

BULK: Final = b"PUT /_bulk"
STRETCH: Final = 20_000  # bytes between two stalls


@dataclass(slots=True, kw_only=True)
class Wire:
    """What is wrong with it; `cuts` and `losses` are used up, then it is whole."""

    delay: float = 0.0  # seconds, each way
    rate: float = inf  # bytes a second
    stall: float = 0.0  # seconds, after each stretch of bytes
    cuts: int = 0  # bulk requests that break off in their middle
    losses: int = 0  # bulk requests that are done, and whose answer never arrives
    bulk_requests: int = 0  # sent so far

    async def carry(self, client: ByteStream, server: ByteStream) -> None:
        """Carry both ways until one end closes, or the wire breaks."""
        losing = False

        async def there() -> None:
            nonlocal losing
            async for data in client:
                if data.startswith(BULK):
                    self.bulk_requests += 1
                    if self.cuts:
                        self.cuts -= 1
                        await server.send(data[: len(data) // 2])
                        break
                    if self.losses:
                        self.losses -= 1
                        losing = True
                await self.pass_on(data, server)
            group.cancel_scope.cancel()

        async def back() -> None:
            async for data in server:
                if losing:
                    break
                await self.pass_on(data, client)
            group.cancel_scope.cancel()

        async with client, server, anyio.create_task_group() as group:
            group.start_soon(there)
            group.start_soon(back)

    async def pass_on(self, data: bytes, target: ByteStream) -> None:
        await anyio.sleep(self.delay + len(data) / self.rate + self.stall * len(data) / STRETCH)
        await target.send(data)


@asynccontextmanager
async def over(wire: Wire, address: str) -> AsyncGenerator[str]:
    """Give the address of the near end of a wire to the server at `address`."""
    host, _, port = address.removeprefix("http://").rpartition(":")

    async def serve(client: ByteStream) -> None:
        await wire.carry(client, await anyio.connect_tcp(host, int(port)))

    async with listening(serve) as near:
        yield near
