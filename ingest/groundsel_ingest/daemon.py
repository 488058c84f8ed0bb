"""`groundsel ingest --daemon`: each configured source when its schedule says so, until told to stop."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta

import anyio

from groundsel_ingest.history import read_statuses, utc_now
from groundsel_ingest.report import Report
from groundsel_ingest.running import opened, stop_on_terminate
from groundsel_ingest.stages import Progress
from groundsel_ingest.watching import Common, Watch
from groundsel_pipelines.composition import open_store
from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.settings import Settings

REST_SECONDS = 60.0  # of a source that failed; and of the daemon, as a source may be run by hand meanwhile


def due(settings: Settings, *, now: datetime) -> list[str]:
    """Give the names of the sources whose time has come, the longest due first."""
    return [name for at, name in upcoming(settings, now=now) if at <= now]


def upcoming(settings: Settings, *, now: datetime) -> list[tuple[datetime, str]]:
    """Give when each source with a schedule is to be run next, in order."""
    statuses = read_statuses(settings.store.folder, sources=settings.sources, collection=settings.collection, now=now)
    return sorted(
        (status.next_run, status.source)
        for status in statuses
        if status.next_run is not None and status.source in settings.sources and status.source not in watched(settings)
    )


async def serve(
    settings: Settings, *, embedder: Embedder, progress: Progress, told: Callable[[Report | str], None]
) -> None:
    """Follow what is watched, run what is due, sleep until something is; a source that fails holds up no other."""
    turn = anyio.Lock()  # one source runs at a time
    async with open_store(settings, embedder=embedder) as store, stop_on_terminate() as stop:
        common = Common(store=store, embedder=embedder, settings=settings, progress=progress, told=told, stop=stop,
                        turn=turn)  # fmt: skip
        with ExitStack() as stack:
            watches = [Watch(stack.enter_context(opened(name, settings)), common) for name in watched(settings)]
            async with anyio.create_task_group() as tasks:
                for watch in watches:
                    tasks.start_soon(watch.run)
                await run_by_schedule(common)


async def run_by_schedule(common: Common) -> None:
    """Run each source when it is due, until told to stop."""
    settings, stop = common.settings, common.stop
    rests: dict[str, datetime] = {}  # sources that failed, and until when they are left alone
    while not stop.is_set():
        for name in due(settings, now=utc_now()):
            if stop.is_set() or rests.get(name, utc_now()) > utc_now():
                continue
            try:
                with opened(name, settings) as task:
                    common.told(await common.run(task))
            except GroundselError as error:
                rests[name] = utc_now() + timedelta(seconds=REST_SECONDS)
                common.told(f"source {name}: {error}")
        waits = [
            (max(at, rests.get(name, at)) - utc_now()).total_seconds() for at, name in upcoming(settings, now=utc_now())
        ]
        with anyio.move_on_after(min([REST_SECONDS, *(max(wait, 1.0) for wait in waits)])):
            await stop.wait()


def watched(settings: Settings) -> list[str]:
    """Give the names of the sources that are to be watched."""
    return [name for name, source in settings.sources.items() if source.options.get("watch") is True]
