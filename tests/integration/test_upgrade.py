"""T33: an older index is opened and kept up to date, a newer one is refused, a copy made meanwhile is whole."""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from crashing import EVERYONE, back_up_during, change_documents, complete, digest, write_documents
from fakes import HashEmbedder
from groundsel_ingest.connector import Upsert
from groundsel_ingest.job import sync
from groundsel_ingest.ledger_file import FORMAT
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.showing import Quiet
from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.protocols import StorePlace
from groundsel_pipelines.stores.embedded import checked
from groundsel_pipelines.types import Query
from registered_stores import opened
from scripted_source import ScriptedSource, item, listing

pytestmark = pytest.mark.integration

FORMATS = Path(__file__).parents[1] / "formats"  # what earlier versions made of `SOURCE`, as `.dump` writes it
SOURCE = ScriptedSource(
    script=listing("leave.md", "trains.md", "gone.md"),
    contents={
        "leave.md": b"# Leave\n\nAnnual leave is 25 days.",
        "trains.md": b"# Trains\n\nTrains are booked early.",
        "gone.md": b"# Gone\n\nThis was here once.",
    },
)
NOW = ScriptedSource(
    script=[Upsert(item=item("trains.md", stamp="2")), *listing("leave.md", "new.md")],
    contents={**SOURCE.contents, "trains.md": b"# Trains\n\nTrains are booked late.", "new.md": b"# New\n\nPumps."},
)
MARKERS = range(3)
DOCUMENTS = 60
COPIES = 3


async def ingest(source: ScriptedSource, index: Path) -> None:
    async with opened("embedded", StorePlace(folder=index), HashEmbedder()) as store:
        with open_manifest(index, collection="crash", source=source.name) as manifest:
            manifest.begin(source.place, moved=False, access="given")
            report = await sync(source, manifest=manifest, store=store, embedder=HashEmbedder(), collection="crash",
                                progress=Quiet(), deletes="confirmed")  # fmt: skip
    assert report.state == "completed"


async def found(index: Path, text: str) -> list[str]:
    async with opened("embedded", StorePlace(folder=index), HashEmbedder()) as store:
        return [hit.passage.uri for hit in await store.search_lexical(Query(text=text, principals=EVERYONE))]


def older_index(folder: Path, store: Path, ledger: Path) -> Path:
    folder.mkdir()
    for script, name in ((store, "groundsel.db"), (ledger, "manifest.db")):
        with closing(sqlite3.connect(folder / name)) as database:
            database.executescript(script.read_text(encoding="utf-8"))
    return folder


@pytest.mark.parametrize("store", sorted(FORMATS.glob("store-*.sql")), ids=lambda path: path.stem)
@pytest.mark.parametrize("ledger", sorted(FORMATS.glob("ledger-*.sql")), ids=lambda path: path.stem)
def test_an_index_of_an_earlier_version_is_searched_and_kept_up_to_date(
    tmp_path: Path, store: Path, ledger: Path
) -> None:
    older = older_index(tmp_path / "older", store, ledger)
    assert anyio.run(found, older, "annual leave") == ["test:///leave.md"]

    anyio.run(ingest, NOW, older)
    anyio.run(ingest, NOW, tmp_path / "new")
    assert digest(older, markers=MARKERS) == digest(tmp_path / "new", markers=MARKERS)
    assert anyio.run(found, older, "booked late") == ["test:///trains.md"]


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    anyio.run(ingest, SOURCE, tmp_path)
    with closing(checked.connect(tmp_path / "manifest.db", busy_seconds=1)) as ledger:
        ledger.execute(f"PRAGMA user_version = {FORMAT + 1}")
    before = digest(tmp_path, markers=MARKERS)

    with pytest.raises(InvalidInput, match="was made by a newer Groundsel; use that one"):
        anyio.run(ingest, NOW, tmp_path)
    assert digest(tmp_path, markers=MARKERS) == before


def test_a_copy_made_during_an_ingest_is_whole_and_catches_up(tmp_path: Path) -> None:
    documents, index = tmp_path / "documents", tmp_path / "index"
    documents.mkdir()
    write_documents(documents, DOCUMENTS)
    complete(documents, index)
    change_documents(documents, DOCUMENTS)
    markers = range(DOCUMENTS + DOCUMENTS // 3)
    seconds = complete(documents, shutil.copytree(index, tmp_path / "undisturbed"))
    expected = digest(tmp_path / "undisturbed", markers=markers)

    points = random.Random(11)  # noqa: S311 - any will do, the same ones tell the same story
    for number in range(COPIES):
        copy = tmp_path / f"copy-{number}"
        busy = shutil.copytree(index, tmp_path / f"busy-{number}")
        back_up_during(documents, busy, copy, after=points.uniform(0, seconds))
        complete(documents, copy)

        assert digest(busy, markers=markers) == expected
        assert digest(copy, markers=markers) == expected
