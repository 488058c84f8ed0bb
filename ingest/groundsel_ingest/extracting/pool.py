"""A few parsing children, each replaced when it dies and after every hundred files."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import BinaryIO, TypeVar

import anyio
from anyio import to_thread

from groundsel_ingest.extracting.parsed import Attachment, ParsedDocument
from groundsel_ingest.extracting.process import CHILD, Crashed, ParserProcess
from groundsel_pipelines.errors import Rejected

MOST_FILES = 100  # parsed by one child: libraries leak
Result = TypeVar("Result")


class ParserPool:
    """Parses files in children, as many at a time as there are children; made by `parser_pool`."""

    def __init__(self, size: int, command: Sequence[str]) -> None:
        self.size = size
        self._command = command
        self._slots = anyio.Semaphore(size)
        self._resting: list[ParserProcess] = []
        self.isolated = True  # from the network, as far as is known

    async def parse(self, file: BinaryIO, *, media_type: str, name: str, ocr: str = "") -> ParsedDocument:
        """Parse an open file; one that kills its child is tried once more, in a new one.

        Raises:
            Rejected: it has no text for us, or no child survives it.

        """
        return await self._work(lambda child: child.parse(file, media_type=media_type, name=name, ocr=ocr))

    async def take_out(self, mail: BinaryIO, attachment: Attachment, target: BinaryIO) -> None:
        """Write an attachment of an open mail into an open file, in the same way.

        Raises:
            Rejected: it cannot be taken out.

        """
        await self._work(lambda child: child.take_out(mail, attachment, target))

    async def _work(self, task: Callable[[ParserProcess], Result]) -> Result:
        async with self._slots:
            try:
                child = self._resting.pop() if self._resting else await self._start()
                return await self._work_in(child, task)
            except Crashed:
                pass
            try:
                child = await self._start()
                return await self._work_in(child, task)
            except Crashed as error:
                raise Rejected(str(error)) from error

    async def _start(self) -> ParserProcess:
        return await to_thread.run_sync(ParserProcess, self._command)

    async def _work_in(self, child: ParserProcess, task: Callable[[ParserProcess], Result]) -> Result:
        self.isolated = self.isolated and child.network == "none"
        reusable = False
        try:
            result = await to_thread.run_sync(task, child, abandon_on_cancel=True)
            reusable = True
        except Rejected:
            reusable = True
            raise
        else:
            return result
        finally:
            if reusable and child.alive and child.files < MOST_FILES:
                self._resting.append(child)
            else:
                child.kill()

    def close(self) -> None:
        """End the children at rest; one that works is ended by the cancellation of its file."""
        for child in self._resting:
            child.kill()


@asynccontextmanager
async def parser_pool(size: int, command: Sequence[str] = CHILD) -> AsyncGenerator[ParserPool]:
    """Open a pool of at most `size` children, started by `command` when first needed; all are ended at the end."""
    pool = ParserPool(size, command)
    try:
        yield pool
    finally:
        pool.close()
