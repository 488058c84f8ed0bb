"""An ingest that can be killed at any moment, and the digest of what it leaves; run as a script, it is that ingest."""

import hashlib
import json
import random
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, cast

import anyio

from fakes import HashEmbedder
from groundsel_ingest.connectors.files import Files
from groundsel_ingest.extracting.pool import ParserPool
from groundsel_ingest.job import sync
from groundsel_ingest.manifest import open_manifest
from groundsel_pipelines.protocols import Store, StorePlace
from groundsel_pipelines.registry import load
from groundsel_pipelines.stores.embedded import checked
from groundsel_pipelines.stores.embedded.backup import back_up
from groundsel_pipelines.types import PUBLIC, Query

if TYPE_CHECKING:
    from groundsel_pipelines.protocols import StoreFactory

COLLECTION, SOURCE = "crash", "docs"
EVERYONE = frozenset({PUBLIC})
SENTENCES = 60  # of a document: seven passages, so that a few hundred documents make a dozen batches
ASKED_AT_ONCE = 20  # markers in one search
FOUND_AT_MOST = 500  # passages by one search
STARTED = "started"


def write_documents(folder: Path, count: int, *, sentences: int = SENTENCES) -> None:
    """Write documents, each of which holds one word that no other does: marker and its number."""
    for number in range(count):
        write_document(folder, number, edition=1, sentences=sentences)


def write_document(folder: Path, number: int, *, edition: int, sentences: int) -> None:
    words = random.Random(number * 1000 + edition)  # noqa: S311 - the same texts in every run
    items = " ".join(
        f"Item {words.randrange(10_000)} of part {words.randrange(10_000)} is kept in room {words.randrange(1000)}."
        for _ in range(sentences)
    )
    text = f"# Document {number}\n\nThis is marker{number}, edition {edition}.\n\n{items}\n"
    (folder / f"{number}.txt").write_text(text, encoding="utf-8")


def change_documents(folder: Path, count: int, *, sentences: int = SENTENCES) -> None:
    """Make the folder what the killed runs find: a third changed, a tenth gone, a third more."""
    for number in range(0, count, 3):
        write_document(folder, number, edition=2, sentences=sentences)
    for number in range(1, count, 10):
        (folder / f"{number}.txt").unlink()
    for number in range(count, count + count // 3):
        write_document(folder, number, edition=1, sentences=sentences)


class Silent:
    def discovered(self, count: int) -> None:
        pass

    def done(self, count: int) -> None:
        pass


@asynccontextmanager
async def opened(index: Path) -> AsyncGenerator[Store]:
    embedder = HashEmbedder()
    create = cast("StoreFactory", load("groundsel.stores", "embedded"))
    store = create(StorePlace(folder=index), embedding_model=embedder.model_id, dimensions=embedder.dimensions)
    await store.prepare()
    try:
        yield store
    finally:
        await store.close()


async def ingest(documents: Path, index: Path, pool: ParserPool | None = None) -> None:
    with (
        closing(Files(documents, name=SOURCE, default=EVERYONE)) as files,
        open_manifest(index, collection=COLLECTION, source=SOURCE) as manifest,
    ):
        async with opened(index) as store:
            manifest.begin(files.place, moved=False, access="open")
            print(STARTED, flush=True)  # noqa: T201 - to the process that will kill this one
            report = await sync(
                files,
                manifest=manifest,
                store=store,
                embedder=HashEmbedder(),
                collection=COLLECTION,
                deletes="guarded",
                progress=Silent(),
                pool=pool,
            )
    if not report.conserved or report.rejected or report.warnings:
        sys.exit(f"not what an undisturbed run reports: {report}")


def script(documents: Path, index: Path) -> list[str]:
    return [sys.executable, __file__, str(documents), str(index)]


def start(documents: Path, index: Path) -> subprocess.Popen[str]:
    """Start an ingest and wait until it works."""
    process = subprocess.Popen(script(documents, index), stdout=subprocess.PIPE, text=True)
    if process.stdout is None or process.stdout.readline().strip() != STARTED:
        raise AssertionError("the ingest did not start")
    return process


def complete(documents: Path, index: Path) -> float:
    """Run an ingest to its end; gives the seconds that it worked."""
    with start(documents, index) as process:
        started = time.monotonic()
        if process.wait(timeout=300):
            raise AssertionError(f"the ingest ended with {process.returncode}")
        return time.monotonic() - started


def kept(index: Path) -> tuple[int, int]:
    """Give how many documents the ledger calls stored, and how many of these the store does not hold so."""
    with (
        closing(checked.connect(index / "manifest.db", busy_seconds=1)) as ledger,
        closing(checked.connect(index / "groundsel.db", busy_seconds=1)) as db,
    ):
        acknowledged = dict(ledger.execute("SELECT doc_id, version FROM document WHERE state = 'acknowledged'"))
        stored = dict(db.execute("SELECT doc_id, version FROM document WHERE deleted = 0"))
    return len(acknowledged), sum(stored.get(doc_id, -1) < version for doc_id, version in acknowledged.items())


def back_up_during(documents: Path, index: Path, target: Path, *, after: float) -> None:
    """Copy the index `after` seconds of an ingest's work, which then comes to its end."""
    with start(documents, index) as process:
        time.sleep(after)
        back_up(index, target)
        if process.wait(timeout=300):
            raise AssertionError(f"the ingest ended with {process.returncode}")


def digest(index: Path, *, markers: Sequence[int]) -> str:
    """Give the hash of all that is stored but versions, and of the documents found by each of `markers`."""
    with closing(checked.connect(index / "groundsel.db", busy_seconds=1)) as database:
        if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return "damaged"
        stored = database.execute(
            "SELECT doc_id, uri, title, language, updated_at, allowed, denied, text, blocks, hex(float16),"
            " (SELECT json_group_array(json_array(ordinal, start, end, page, headings)) FROM"
            "  (SELECT * FROM passage WHERE document = row ORDER BY ordinal))"
            " FROM document JOIN body ON body.document = row JOIN vectors ON vectors.document = row"
            " WHERE deleted = 0 ORDER BY doc_id"
        ).fetchall()
    found = anyio.run(search, index, markers)
    return hashlib.sha256(json.dumps([stored, found]).encode()).hexdigest()


async def search(index: Path, markers: Sequence[int]) -> list[list[str]]:
    """Give the documents that hold one of some markers, by words, and how many passages are near them by meaning."""
    found = []
    async with opened(index) as store:
        for query in asked(markers):
            by_words = await store.search_lexical(query)
            by_meaning = await store.search_dense(query, HashEmbedder().embed_query(query.text))
            found.append([*sorted(hit.passage.doc_id for hit in by_words), str(len(by_meaning))])
    return found


async def ranked(index: Path, markers: Sequence[int]) -> list[list[tuple[str, float]]]:
    """Give the passages found by some markers among words that all hold, in their order, with their scores."""
    async with opened(index) as store:
        return [
            [(hit.passage.passage_id, hit.score) for hit in await store.search_lexical(query)]
            for query in asked(markers, "item room")
        ]


def asked(markers: Sequence[int], words: str = "") -> list[Query]:
    """Ask for all markers, several at a time, and for all passages that hold one."""
    return [
        Query(
            text=" ".join([*(f"marker{number}" for number in markers[first : first + ASKED_AT_ONCE]), words]),
            principals=EVERYONE,
            top_k=FOUND_AT_MOST,
        )
        for first in range(0, len(markers), ASKED_AT_ONCE)
    ]


if __name__ == "__main__":
    anyio.run(ingest, Path(sys.argv[1]), Path(sys.argv[2]))
