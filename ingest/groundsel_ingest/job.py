"""One sync of one source: its stages run side by side, then what is gone is taken out, and all of it is told."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import anyio

from groundsel_ingest.connector import Connector, Item
from groundsel_ingest.extracting.pool import ParserPool, parser_pool
from groundsel_ingest.manifest import Manifest
from groundsel_ingest.report import Report
from groundsel_ingest.stages import Progress, Stages
from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.types import Document, IndexedDocument

LISTED_AHEAD = 10_000  # items of half a kilobyte: all of most folders, so that it is known early how much there is
READ_AHEAD = 16  # documents parsed and not yet embedded
MOST_PARSERS = 4  # parsing is a tenth of the work, embedding takes the rest of the machine

# A listing in which more than this is missing is more likely broken (a disk not mounted) than true.
DELETED_SHARE = 0.2
DELETED_MOST = 1000
DELETED_ALWAYS = 3  # a fifth of a handful is less than one; yet an empty listing deletes nothing unconfirmed

Deletes = Literal["guarded", "confirmed"]


async def sync(
    connector: Connector,
    *,
    manifest: Manifest,
    store: Store,
    embedder: Embedder,
    collection: str,
    deletes: Deletes,
    progress: Progress,
) -> Report:
    """Make the store hold what the source holds. Interrupted at any point, it goes on when run again.

    Raises:
        GroundselError: the source, the store or the disk failed; what was acknowledged until then stays.

    """
    started = time.monotonic()
    stages = Stages(
        connector=connector,
        manifest=manifest,
        store=store,
        embedder=embedder,
        collection=collection,
        progress=progress,
    )
    manifest.reconcile(await store.versions(collection, connector.name))
    try:
        async with parser_pool(min(MOST_PARSERS, os.cpu_count() or 1)) as pool:
            await run(stages, pool)
    except* GroundselError as errors:
        raise first(errors) from None
    if not pool.isolated:
        stages.tally.warnings.append("this system does not let parsers be cut off from the network; they ran with it")
    stored = await store.versions(collection, connector.name)
    await take_out(stages, manifest, store, stored, deletes=deletes)
    if different := manifest.reconcile(await store.versions(collection, connector.name)):
        stages.tally.warnings.append(f"{different} documents are not in the store as sent; run the ingest again")
    manifest.finished(stages.cursor)
    if stages.end is not None and not stages.end.unlisted:
        await store.record_sync(collection, connector.name, datetime.now(UTC))
    return report(stages, connector, collection, seconds=time.monotonic() - started)


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
    """Delete what the source no longer holds: proven by a whole listing, and not too much at once."""
    gone = [doc_id for doc_id in stages.gone if doc_id in stored]
    if stages.end is not None:
        if stages.end.unlisted:
            stages.tally.warnings += [*stages.end.unlisted, "nothing was deleted, as not everything could be listed"]
        else:
            missing = [doc_id for doc_id in stored if not manifest.is_listed(doc_id)]
            if deletes == "confirmed" or len(missing) <= most_deleted(len(stored), stages.tally.discovered):
                gone += missing
            else:
                stages.tally.warnings.append(
                    f"{len(missing)} of {len(stored)} documents are no longer in the source, more than it may lose at "
                    "once: none was deleted; if that is right, run the ingest again with --confirm-deletes"
                )
    for doc_id in gone:
        await store.delete(doc_id, version=manifest.deleting(doc_id))
        manifest.deleted(doc_id)
        stages.tally.deleted += 1


def most_deleted(stored: int, discovered: int) -> int:
    """Give how many of `stored` documents may go without being asked."""
    if discovered == 0:
        return 0
    return max(DELETED_ALWAYS, min(int(DELETED_SHARE * stored), DELETED_MOST))


def report(stages: Stages, connector: Connector, collection: str, *, seconds: float) -> Report:
    tally = stages.tally
    return Report(
        collection=collection,
        source=connector.name,
        place=connector.place,
        discovered=tally.discovered,
        indexed=tally.indexed,
        unchanged=tally.unchanged,
        rejected=len(tally.rejections),
        deleted=tally.deleted,
        partial=tally.partial,
        rejections=tuple(sorted(tally.rejections, key=lambda rejection: rejection.uri)),
        warnings=tuple(tally.warnings),
        took_s=round(seconds, 3),
    )
