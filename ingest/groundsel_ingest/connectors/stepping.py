"""Generators that wait for a server or a disk, stepped through in worker threads."""

from collections.abc import AsyncGenerator, Generator
from typing import TypeVar

from anyio import to_thread

Batch = TypeVar("Batch")


async def stepped(batches: Generator[Batch]) -> AsyncGenerator[Batch]:
    """Yield what `batches` yields, up to its first empty batch; it is closed at the end, in a thread as well.

    Take it with `aclosing`: whoever stops early then lets go of the server at once.
    """
    try:
        while batch := await to_thread.run_sync(next, batches, None):
            yield batch
    finally:
        await to_thread.run_sync(batches.close)
