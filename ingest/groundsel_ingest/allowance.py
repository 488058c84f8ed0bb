"""A bound on what waits in a queue, by its size."""

import anyio


class Allowance:
    """Lets work in up to a total size; a piece that is larger on its own goes alone."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._taken = 0
        self._changed = anyio.Condition()

    async def take(self, size: int) -> None:
        """Wait until `size` fits beside what has been taken and not given back."""
        async with self._changed:
            while self._taken and self._taken + size > self._total:
                await self._changed.wait()
            self._taken += size

    async def give_back(self, size: int) -> None:
        async with self._changed:
            self._taken -= size
            self._changed.notify_all()
