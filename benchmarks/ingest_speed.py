"""Ingests a folder from nothing, and lets the embedder alone embed the same passages: what all the rest costs."""

import os
import resource
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import anyio

from groundsel_ingest.connectors.files import Files
from groundsel_ingest.job import sync
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.showing import Quiet
from groundsel_pipelines.composition import open_embedder, open_store
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.settings import Settings, StoreSettings
from groundsel_pipelines.types import PUBLIC, Vectors
from reporting import Row, arguments, report, shared_data

COLLECTION = "speed"


class Noting:
    """The embedder, noting what it was asked and how long it took."""

    def __init__(self, embedder: Embedder) -> None:
        self.model_id, self.dimensions = embedder.model_id, embedder.dimensions
        self.max_tokens, self.languages, self.tokens = embedder.max_tokens, embedder.languages, embedder.tokens
        self._embedder = embedder
        self.batches: list[Sequence[str]] = []
        self.seconds = 0.0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        started = time.monotonic()
        vectors = self._embedder.embed_passages(texts)
        self.seconds += time.monotonic() - started
        return vectors

    def embed_query(self, text: str) -> Vectors:
        return self._embedder.embed_query(text)


async def whole(folder: Path, index: Path, embedder: Noting) -> int:
    """Ingest `folder`; gives the documents that were indexed."""
    settings = Settings(collection=COLLECTION, store=StoreSettings(folder=index))
    with (
        closing(Files(folder, name="files", default=frozenset({PUBLIC}))) as files,
        open_manifest(index, collection=COLLECTION, source="files") as manifest,
    ):
        async with open_store(settings, embedder=embedder) as store:
            manifest.begin(files.place, moved=False, access="open")
            told = await sync(files, manifest=manifest, store=store, embedder=embedder, collection=COLLECTION,
                              progress=Quiet())  # fmt: skip
            return told.indexed


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--folder", type=Path, help="what to ingest; by default the PDF and Word files of contoso-hr")
    options = parser.parse_args()
    folder = options.folder or shared_data("contoso-hr")
    embedder = open_embedder(Settings())
    embedder.embed_passages(["The model is loaded."] * 32)
    noting = Noting(embedder)
    with tempfile.TemporaryDirectory(prefix="groundsel-speed-") as name:
        used = time.process_time()
        started = time.monotonic()
        documents = anyio.run(whole, folder, Path(name), noting)
        seconds = time.monotonic() - started
        used = time.process_time() - used
    passages = sum(len(batch) for batch in noting.batches)
    started = time.monotonic()
    for batch in noting.batches:
        embedder.embed_passages(batch)
    alone = time.monotonic() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    row: Row = {
        "documents": documents,
        "passages": passages,
        "whole, s": seconds,
        "embedder within it, s": noting.seconds,
        "embedder alone, s": alone,
        "whole, passages/s": passages / seconds,
        "alone, passages/s": passages / alone,
        "share of the embedder's speed": alone / seconds,
        "processor, s": used + children.ru_utime + children.ru_stime,
        "memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "cores": os.cpu_count(),
    }
    report("An ingest from nothing, and the embedder alone on the same passages", [row], json_file=options.json)


if __name__ == "__main__":
    main()
