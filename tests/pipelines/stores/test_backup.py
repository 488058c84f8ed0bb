"""A copy of an index that is used, and what becomes of an older one that is put back."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.protocols import StorePlace
from groundsel_pipelines.stores.embedded import checked
from groundsel_pipelines.stores.embedded.backup import back_up
from groundsel_pipelines.types import IndexedDocument, Query
from registered_stores import opened
from small_corpus import EMBEDDER, STAFF, indexed

LEAVE, TRAINS = indexed("leave.md", "Annual leave is 25 days."), indexed("trains.md", "Trains are booked early.")

pytestmark = pytest.mark.anyio


async def written(folder: Path, *documents: IndexedDocument) -> None:
    async with opened("embedded", StorePlace(folder=folder), EMBEDDER) as store:
        await store.write(documents)


async def found(folder: Path, text: str) -> Sequence[str]:
    async with opened("embedded", StorePlace(folder=folder), EMBEDDER) as store:
        return [hit.passage.doc_id for hit in await store.search_lexical(Query(text=text, principals=STAFF))]


async def test_a_copy_holds_what_was_acknowledged_though_the_index_is_open(tmp_path: Path) -> None:
    async with opened("embedded", StorePlace(folder=tmp_path / "index"), EMBEDDER) as store:
        await store.write([LEAVE])
        copies = back_up(tmp_path / "index", tmp_path / "copy")
        await store.write([TRAINS])

    assert [copy.name for copy in copies] == ["groundsel.db"]
    assert await found(tmp_path / "copy", "annual leave") == ["docs/leave.md"]
    assert await found(tmp_path / "copy", "trains") == []


async def test_an_older_database_that_is_put_back_finds_its_own_words_and_no_others(tmp_path: Path) -> None:
    index = tmp_path / "index"
    await written(index, LEAVE)
    back_up(index, tmp_path / "copy")
    await written(index, TRAINS)
    assert await found(index, "trains") == ["docs/trains.md"]

    for name in ("groundsel.db-wal", "groundsel.db-shm"):
        (index / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy" / "groundsel.db", index)  # beside the word index of the newer one
    await written(index, indexed("pumps.md", "Pumps are oiled."))

    assert await found(index, "pumps") == ["docs/pumps.md"]
    assert await found(index, "annual leave") == ["docs/leave.md"]
    assert await found(index, "trains") == []


async def test_nothing_is_copied_from_nowhere_or_over_anything(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no index"):
        back_up(tmp_path / "index", tmp_path / "copy")
    await written(tmp_path / "index", LEAVE)
    with pytest.raises(InvalidInput, match="not empty"):
        back_up(tmp_path / "index", tmp_path / "index")
    (tmp_path / "index" / "groundsel.db").write_bytes(b"no database, but long enough to be read as one" * 100)
    with pytest.raises(Unavailable, match="cannot be copied"):
        back_up(tmp_path / "index", tmp_path / "copy")


async def test_an_index_of_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    await written(tmp_path, LEAVE)
    with closing(checked.connect(tmp_path / "groundsel.db", busy_seconds=1)) as database:
        database.execute("UPDATE meta SET value = '3' WHERE key = 'schema'")
    before = (tmp_path / "groundsel.db").read_bytes()

    with pytest.raises(InvalidInput, match="has format 3, newer than 2; use the version that made it"):
        await found(tmp_path, "leave")
    assert (tmp_path / "groundsel.db").read_bytes() == before
