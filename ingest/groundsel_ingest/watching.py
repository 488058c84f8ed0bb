"""Watches folders: a saved file is indexed at once, without listing everything."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
from watchfiles import Change, awatch

from groundsel_ingest.connectors.files import Files
from groundsel_ingest.extracting.pool import ParserPool, parser_pool
from groundsel_ingest.job import most_parsers
from groundsel_ingest.report import Report
from groundsel_ingest.running import Task, run_task, stop_on_terminate
from groundsel_ingest.stages import Progress
from groundsel_pipelines.composition import open_store
from groundsel_pipelines.errors import GroundselError, InvalidInput
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.settings import Settings

STILL_MS: Final = 100  # without another change: programs write a file in several steps
LONGEST_MS: Final = 1000  # then it is looked at though it still changes
WHOLE_SECONDS: Final = 3600.0  # between two listings of everything: a system drops what it cannot keep up with
REST_SECONDS: Final = 60.0  # after a failure
WAITING: Final = 10_000  # notes of changes; more than that and everything is listed

Told = Callable[[Report | str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What all sources of a process that goes on running share."""

    store: Store
    embedder: Embedder
    settings: Settings
    progress: Progress
    told: Told
    stop: anyio.Event
    turn: anyio.Lock  # one source runs at a time

    async def run(self, task: Task, *, touched: frozenset[str] | None = None, pool: ParserPool | None = None) -> Report:
        """Run a source once, when it is its turn; as `run_task`."""
        async with self.turn:
            return await run_task(
                task, store=self.store, embedder=self.embedder, settings=self.settings, progress=self.progress,
                stop=self.stop, touched=touched, pool=pool,
            )  # fmt: skip


class Watch:
    """Keeps one folder indexed.

    Raises:
        InvalidInput: the source is no folder of this machine.

    """

    def __init__(self, task: Task, common: Common) -> None:
        if not isinstance(task.connector, Files):
            raise InvalidInput(f"source {task.connector.name!r} cannot be watched; only folders of this machine can")
        self._task = task
        self._files = task.connector
        self._common = common

    async def run(self) -> None:
        """List everything, then follow what changes, until told to stop."""
        sender, receiver = anyio.create_memory_object_stream[frozenset[str]](WAITING)
        async with parser_pool(most_parsers()) as pool, anyio.create_task_group() as tasks, receiver:

            async def note() -> None:
                async with sender, aclosing(touched(self._files.folder, stop=self._common.stop)) as found:
                    async for paths in found:
                        await sender.send(paths)

            tasks.start_soon(note)  # before everything is listed: nothing falls between the two
            well = await self._sync(None, pool)
            while not self._common.stop.is_set():
                paths: frozenset[str] | None = None
                with anyio.move_on_after(WHOLE_SECONDS if well else REST_SECONDS):
                    try:
                        paths = await receiver.receive()
                    except anyio.EndOfStream:
                        break
                while paths is not None and receiver.statistics().current_buffer_used:
                    paths |= receiver.receive_nowait()
                well = await self._sync(paths if well else None, pool)
            tasks.cancel_scope.cancel()

    async def _sync(self, paths: frozenset[str] | None, pool: ParserPool) -> bool:
        """Index what is at `paths`, None for everything; says whether that went well."""
        try:
            report = await self._common.run(self._task, touched=paths, pool=pool)
        except GroundselError as error:
            self._common.told(f"source {self._task.connector.name}: {error}")
            return False
        if paths is None or report.indexed or report.deleted or report.rejected:
            self._common.told(report)
        return True


async def touched(folder: Path, *, stop: anyio.Event) -> AsyncGenerator[frozenset[str]]:
    """Yield the paths below `folder` that something has happened to, with forward slashes, once they are at rest."""

    def visible(_: Change, path: str) -> bool:
        return not any(part.startswith(".") for part in Path(path).relative_to(folder).parts)

    changes = awatch(folder, watch_filter=visible, debounce=LONGEST_MS, step=STILL_MS, stop_event=stop, recursive=True)
    async for found in changes:
        paths = {Path(path).relative_to(folder).as_posix() for _, path in found}
        if paths := paths - {"."}:
            yield frozenset(paths)


async def watch(tasks: Sequence[Task], *, embedder: Embedder, settings: Settings, progress: Progress,
                told: Told) -> None:  # fmt: skip
    """Watch folders until SIGTERM.

    Raises:
        InvalidInput: one of the sources is no folder of this machine.

    """
    async with open_store(settings, embedder=embedder) as store, stop_on_terminate() as stop:
        common = Common(store=store, embedder=embedder, settings=settings, progress=progress, told=told, stop=stop,
                        turn=anyio.Lock())  # fmt: skip
        watches = [Watch(task, common) for task in tasks]
        async with anyio.create_task_group() as group:
            for each in watches:
                group.start_soon(each.run)
