"""The server: says when it is ready, and ends in order: not ready, accepted requests answered, stopped."""

import gc
from collections.abc import Callable
from socket import socket
from types import FrameType

import anyio
import uvicorn
from starlette.types import ASGIApp

from groundsel_plugin.health import Health

DRAIN_SECONDS = 25  # longer than an answer may take (answer.timeout, 20 by default), shorter than a pod's grace of 30
STOP_SECONDS = 2  # for what still runs after that
POLL_SECONDS = 0.1


class Server(uvicorn.Server):
    """Calls `announce` once it listens. The first signal drains, a second one stops at once."""

    def __init__(self, app: ASGIApp, *, health: Health, announce: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            log_level="warning",
            timeout_graceful_shutdown=STOP_SECONDS,
            server_header=False,
            lifespan="off",
            ws="none",
        )
        super().__init__(config)
        self.health = health
        self.announce = announce

    async def startup(self, sockets: list[socket] | None = None) -> None:
        # What was loaded until now stays for ever; looked through again and again, it would hold up one search in
        # twenty, by some 60 ms
        gc.collect()
        gc.freeze()
        await super().startup(sockets)
        if self.started:
            self.announce()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - every signal means the same
        """Take a signal, without keeping it: raised again at the end, it would kill before the store is closed."""
        self.health.draining = True
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Answer what was accepted, with the probes still answered too, then stop."""
        with anyio.move_on_after(DRAIN_SECONDS):
            while self.server_state.tasks and not self.force_exit:  # noqa: ASYNC110 - the library tells no event of it
                await anyio.sleep(POLL_SECONDS)
        await super().shutdown(sockets)
