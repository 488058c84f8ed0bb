"""`groundsel ingest --daemon`: each configured source when its schedule says so, until told to stop."""

from collections.abc import Callable
from datetime import datetime, timedelta

import anyio

from groundsel_ingest.history import read_statuses, utc_now
from groundsel_ingest.report import Report
from groundsel_ingest.running import opened, run_task, stop_on_terminate
from groundsel_ingest.stages import Progress
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
        if status.next_run is not None and status.source in settings.sources
    )


async def serve(
    settings: Settings, *, embedder: Embedder, progress: Progress, told: Callable[[Report | str], None]
) -> None:
    """Run what is due, then sleep until something is; one source that fails does not hold up the others."""
    rests: dict[str, datetime] = {}  # sources that failed, and until when they are left alone
    async with open_store(settings, embedder=embedder) as store, stop_on_terminate() as stop:
        while not stop.is_set():
            for name in due(settings, now=utc_now()):
                if stop.is_set() or rests.get(name, utc_now()) > utc_now():
                    continue
                try:
                    with opened(name, settings) as task:
                        told(
                            await run_task(
                                task, store=store, embedder=embedder, settings=settings, progress=progress, stop=stop
                            )
                        )
                except GroundselError as error:
                    rests[name] = utc_now() + timedelta(seconds=REST_SECONDS)
                    told(f"source {name}: {error}")
            waits = [
                (max(at, rests.get(name, at)) - utc_now()).total_seconds()
                for at, name in upcoming(settings, now=utc_now())
            ]
            with anyio.move_on_after(min([REST_SECONDS, *(max(wait, 1.0) for wait in waits)])):
                await stop.wait()
