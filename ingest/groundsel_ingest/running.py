"""Opens what a sync needs, once for all sources that are run, and runs them one after another."""

import signal
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from groundsel_ingest.connector import Connector
from groundsel_ingest.connectors.files import Files
from groundsel_ingest.extracting.pool import ParserPool
from groundsel_ingest.extracting.recognition import check_languages
from groundsel_ingest.history import SourceStatus
from groundsel_ingest.job import Deletes, What, first, sync
from groundsel_ingest.ledger_file import FILE_NAME
from groundsel_ingest.manifest import Access, open_manifest
from groundsel_ingest.report import Report
from groundsel_ingest.sources import configured, connect
from groundsel_ingest.stages import Progress
from groundsel_ingest.touched import narrowed
from groundsel_ingest.vector_cache import CachedEmbedder
from groundsel_pipelines.composition import open_store
from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One source to run, and how."""

    connector: Connector
    collection: str
    access: Access
    moved: bool = False  # someone said that it reads from another place now
    deletes: Deletes = "guarded"
    what: What = "source"
    ocr: str = ""  # languages in which pictures of pages are read; empty: they are not


def task_of(name: str, settings: Settings, *, deletes: Deletes = "guarded", what: What = "source") -> Task:
    """Give the task of a configured source.

    Raises:
        InvalidInput: there is no such source, or an option of it does not fit.
        UnknownName: no connector of its kind is installed.

    """
    source = configured(settings, name)
    connector = connect(name, source)
    return Task(
        connector=connector,
        collection=source.collection or settings.collection,
        access="rules" if connector.ruled else "given",
        deletes=deletes,
        what=what,
        ocr=check_languages(source.ocr, where=f"setting 'sources.{name}.ocr'"),
    )


def task_or_note(name: str, settings: Settings, *, deletes: Deletes = "guarded") -> Task:
    """Give the task of a configured source; where it cannot be opened, the ledger says so: nobody may read the screen.

    Raises:
        GroundselError: as `task_of`, and where its server is away.

    """
    try:
        return task_of(name, settings, deletes=deletes)
    except GroundselError as error:
        source = settings.sources.get(name)
        if source is not None and (settings.store.folder / FILE_NAME).exists():
            collection = source.collection or settings.collection
            with (
                suppress(GroundselError),  # another run of it is at work, or the disk is full
                open_manifest(settings.store.folder, collection=collection, source=name) as manifest,
            ):
                manifest.not_opened(str(error))
        raise


def task_to_retry(status: SourceStatus, settings: Settings) -> Task:
    """Give the task of trying the dead letters of a source again: a configured one, or a folder given by hand.

    Raises:
        InvalidInput: it cannot be opened any more.

    """
    if status.source in settings.sources:
        return task_of(status.source, settings, what="dead letters")
    # who may read the files was decided when they were listed, and is kept with each
    files = Files(Path(status.place), name=status.source, default=frozenset())
    return Task(
        connector=files,
        collection=status.collection,
        access="rules" if files.ruled else "open",
        what="dead letters",
    )


@contextmanager
def opened(name: str, settings: Settings) -> Generator[Task]:
    """Give the task of a configured source, and close its connector at the end."""
    task = task_or_note(name, settings)
    with closing(task.connector):
        yield task


async def run_task(task: Task, *, store: Store, embedder: Embedder, settings: Settings, progress: Progress,
                   stop: anyio.Event, touched: frozenset[str] | None = None,
                   pool: ParserPool | None = None) -> Report:  # fmt: skip
    """Run one source under its lease.

    Args:
        task: the source, and how it is run.
        store: where its documents go.
        embedder: makes their vectors.
        settings: say where the ledger lies.
        progress: is told how far it is.
        stop: ends it after what is under way.
        touched: only look at these, by their native ids; None for all.
        pool: of parsers, kept by the caller.

    Raises:
        GroundselError: as `sync`; the ledger keeps the reason.

    """
    name = task.connector.name
    with (
        open_manifest(settings.store.folder, collection=task.collection, source=name) as manifest,
        closing(CachedEmbedder(embedder, settings.store.folder)) as remembering,
    ):
        manifest.begin(task.connector.place, moved=task.moved, access=task.access)
        return await sync(
            narrowed(task.connector, touched, manifest),
            manifest=manifest,
            store=store,
            embedder=remembering,
            collection=task.collection,
            deletes=task.deletes,
            what=task.what,
            progress=progress,
            stop=stop,
            pool=pool,
            ocr=task.ocr,
        )


async def run_tasks(
    tasks: Sequence[Task], *, embedder: Embedder, settings: Settings, progress: Progress
) -> tuple[list[Report], list[GroundselError]]:
    """Run each source once, and give what they report and why some of them failed.

    SIGTERM ends the one that runs after what it has under way, a second one at once.
    """
    reports: list[Report] = []
    failures: list[GroundselError] = []
    async with open_store(settings, embedder=embedder) as store, stop_on_terminate() as stop:
        for task in tasks:
            if stop.is_set():
                break
            try:
                reports.append(
                    await run_task(
                        task, store=store, embedder=embedder, settings=settings, progress=progress, stop=stop
                    )
                )
            except GroundselError as error:
                failures.append(error)
    return reports, failures


@asynccontextmanager
async def stop_on_terminate() -> AsyncGenerator[anyio.Event]:
    """Give the event that SIGTERM sets; a second one ends the process as if this were not there."""
    stop = anyio.Event()

    async def wait() -> None:
        with anyio.open_signal_receiver(signal.SIGTERM) as signals:
            async for _ in signals:
                stop.set()
                break

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            yield stop
            tasks.cancel_scope.cancel()
    except* GroundselError as errors:
        raise first(errors) from None
