"""One sync of one source: its stages run side by side, then what is gone is taken out, and all of it is told."""

import os
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Literal

import anyio

from groundsel_ingest.connector import Connector, Item
from groundsel_ingest.dead_letters import DeadLetters
from groundsel_ingest.extracting.pool import ParserPool, parser_pool
from groundsel_ingest.manifest import Manifest
from groundsel_ingest.report import Report, State
from groundsel_ingest.stages import Progress, Stages, Tally
from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.types import Document, IndexedDocument

LISTED_AHEAD = 10_000  # items of half a kilobyte: all of most folders, so that it is known early how much there is
READ_AHEAD = 16  # documents parsed and not yet embedded
MOST_PARSERS = 4  # parsing is a tenth of the work, embedding takes the rest of the machine

PROGRESS_SECONDS = 2.0  # between two notes of how far a run is; each is also a sign of life
MOST_WARNINGS = 5  # kept of a run
SETTLED = ("indexed", "unchanged", "filtered", "rejected")

# A listing in which more than this is missing is more likely broken (a disk not mounted) than true.
DELETED_SHARE = 0.2
DELETED_MOST = 1000
DELETED_ALWAYS = 3  # a fifth of a handful is less than one; yet an empty listing deletes nothing unconfirmed

Deletes = Literal["guarded", "confirmed"]
What = Literal["source", "dead letters"]


async def sync(  # noqa: PLR0913 - the parts of a run, by name
    connector: Connector,
    *,
    manifest: Manifest,
    store: Store,
    embedder: Embedder,
    collection: str,
    progress: Progress,
    deletes: Deletes = "guarded",
    what: What = "source",
    stop: anyio.Event | None = None,
    pool: ParserPool | None = None,
    ocr: str = "",
) -> Report:
    """Make the store hold what the source holds. Interrupted at any point, it goes on when run again.

    Args:
        connector: the source.
        manifest: its ledger, in which this run has begun.
        store: where its documents go.
        embedder: makes their vectors.
        collection: that they belong to.
        progress: is told how far it is.
        deletes: whether more may be gone from the source than it may lose at once.
        what: everything that changed, or only what could not be taken before.
        stop: once it is set nothing new is taken up, and what is under way is still stored.
        pool: of parsers, kept by the caller for many runs; without one, this run has its own.
        ocr: languages in which pictures of pages are read; empty: they are not.

    Raises:
        GroundselError: the source, the store or the disk failed; what was acknowledged until then stays.

    """
    started = time.monotonic()
    if what == "dead letters":
        manifest.forgive()
        connector = DeadLetters(connector, manifest.dead_letters())
    stages = Stages(
        connector=connector,
        manifest=manifest,
        store=store,
        embedder=embedder,
        collection=collection,
        progress=progress,
        ocr=ocr,
    )
    try:
        async with nullcontext(pool) if pool else parser_pool(most_parsers()) as parsers:
            different = await carry(stages, connector, manifest, store, collection, parsers, deletes=deletes, stop=stop)
        complete = not (stages.drained or (stages.end and stages.end.unlisted) or stages.tally.repeated)
        if complete and not (stages.tally.withheld or different):
            manifest.finished(stages.cursor)
        if complete and what == "source":
            await store.record_sync(collection, connector.name, datetime.now(UTC))
    except GroundselError as error:
        with suppress(GroundselError):  # the ledger may fail for the same reason; the first one is told
            manifest.ended("error", stages.tally.sums(), error=str(error))
        raise
    if stages.drained:  # what was listed and not taken up is left to the next run
        stages.tally.discovered = sum(stages.tally.sums()[name] for name in SETTLED)
    told = report(
        stages,
        connector,
        collection,
        state="suspended" if stages.drained else outcome(stages.tally, complete=complete, different=different),
        seconds=time.monotonic() - started,
    )
    manifest.ended(told.state, stages.tally.sums(), error="; ".join(told.warnings[:MOST_WARNINGS]))
    return told


async def carry(
    stages: Stages,
    connector: Connector,
    manifest: Manifest,
    store: Store,
    collection: str,
    pool: ParserPool,
    *,
    deletes: Deletes,
    stop: anyio.Event | None,
) -> int:
    """Carry everything from the source to the store; gives how many documents it does not hold as sent."""
    manifest.reconcile(await store.versions(collection, connector.name))
    try:
        async with anyio.create_task_group() as beside:
            beside.start_soon(keep_lease, stages, manifest)
            if stop is not None:
                beside.start_soon(drain_when, stop, stages)
            await run(stages, pool)
            beside.cancel_scope.cancel()
    except* GroundselError as errors:
        raise first(errors) from None
    if not pool.isolated:
        stages.tally.warnings.append("this system does not let parsers be cut off from the network; they ran with it")
    if not stages.drained:
        await take_out(stages, manifest, store, await store.versions(collection, connector.name), deletes=deletes)
    different = manifest.reconcile(await store.versions(collection, connector.name))
    if different:
        stages.tally.warnings.append(f"{different} documents are not in the store as sent; run the ingest again")
    return different


def most_parsers() -> int:
    return min(MOST_PARSERS, os.cpu_count() or 1)


async def keep_lease(stages: Stages, manifest: Manifest) -> None:
    """Give signs of life, and tell others how far the run is, until it ends."""
    while True:
        manifest.progress(stages.tally.sums())
        await anyio.sleep(PROGRESS_SECONDS)


async def drain_when(stop: anyio.Event, stages: Stages) -> None:
    await stop.wait()
    stages.drain()


def outcome(tally: Tally, *, complete: bool, different: int) -> State:
    """Say how a run ended that came to its end: `completed` means that nothing is left to look after (rule R4)."""
    if complete and not (tally.rejections or tally.withheld or different):
        return "completed"
    return "completed_with_errors"


def first(errors: BaseExceptionGroup[GroundselError]) -> BaseException:
    """Give the error that ended the run: the others are its echo."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def run(stages: Stages, pool: ParserPool) -> None:
    """Run all stages until the last document is acknowledged."""
    item_sender, item_receiver = anyio.create_memory_object_stream[Item](LISTED_AHEAD)
    document_sender, document_receiver = anyio.create_memory_object_stream[Document](READ_AHEAD)
    batch_sender, batch_receiver = anyio.create_memory_object_stream[list[IndexedDocument]](1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stages.discover, item_sender)
        async with item_receiver, document_sender:
            for _ in range(pool.size):
                tasks.start_soon(stages.read, item_receiver.clone(), document_sender.clone(), pool)
        tasks.start_soon(stages.embed, document_receiver, batch_sender)
        tasks.start_soon(stages.write, batch_receiver)


async def take_out(
    stages: Stages, manifest: Manifest, store: Store, stored: Mapping[str, int], *, deletes: Deletes
) -> None:
    """Delete what the source no longer holds: proven by a whole listing, and not too much at once (rule R5)."""
    missing = manifest.not_listed(stored)
    gone = missing.intersection(stages.gone)
    tally = stages.tally
    if tally.repeated:
        tally.warnings.append(
            f"{tally.repeated} documents were listed more than once, so others may be missing: nothing was deleted"
        )
        tally.withheld = len(gone)
        return
    if stages.end is not None:
        if stages.end.unlisted:
            tally.warnings += [*stages.end.unlisted, "nothing was deleted, as not everything could be listed"]
        else:
            gone = missing
    if deletes == "guarded" and len(gone) > most_deleted(len(stored), len(stored) - len(gone)):
        tally.warnings.append(
            f"{len(gone)} of {len(stored)} documents are no longer in the source, more than it may lose at "
            "once: none was deleted; if that is right, run the ingest again with --confirm-deletes"
        )
        tally.withheld = len(gone)
        return
    for doc_id in sorted(gone):
        await store.delete(doc_id, version=manifest.deleting(doc_id))
        manifest.deleted(doc_id)
        tally.deleted += 1


def most_deleted(stored: int, left: int) -> int:
    """Give how many of `stored` documents may go without being asked, where that many are `left`."""
    if left == 0:
        return 0
    return max(DELETED_ALWAYS, min(int(DELETED_SHARE * stored), DELETED_MOST))


def report(stages: Stages, connector: Connector, collection: str, *, state: State, seconds: float) -> Report:
    tally = stages.tally
    return Report(
        collection=collection,
        source=connector.name,
        place=connector.place,
        state=state,
        **tally.sums(),
        withheld=tally.withheld,
        filtered_types=dict(tally.filtered.most_common()),
        rejections=tuple(sorted(tally.rejections, key=lambda rejection: rejection.uri)),
        warnings=tuple(tally.warnings),
        took_s=round(seconds, 3),
    )
