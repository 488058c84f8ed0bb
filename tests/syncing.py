"""A whole sync of a scripted source into a store, as a run of the command does it."""

from pathlib import Path

import anyio

from fakes import HashEmbedder
from groundsel_ingest.job import Deletes, What, sync
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.report import Report
from groundsel_ingest.showing import Quiet
from groundsel_pipelines.protocols import Store
from scripted_source import ScriptedSource


async def ingest(
    source: ScriptedSource,
    store: Store,
    ledger: Path,
    *,
    deletes: Deletes = "guarded",
    what: What = "source",
    stop: anyio.Event | None = None,
) -> Report:
    with open_manifest(ledger, collection="c", source=source.name) as manifest:
        manifest.begin(source.place, moved=False, access="given")
        report = await sync(
            source, manifest=manifest, store=store, embedder=HashEmbedder(), collection="c", progress=Quiet(),
            deletes=deletes, what=what, stop=stop,
        )  # fmt: skip
    assert report.conserved
    return report
