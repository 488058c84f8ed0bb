"""A bit that changes by itself in an embedded store is told, or mended from what is sound; it never answers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.protocols import StorePlace
from groundsel_pipelines.stores.embedded.verifying import verify
from groundsel_pipelines.types import Query
from registered_stores import opened
from small_corpus import EMBEDDER, STAFF, indexed

DOCUMENTS = [indexed(f"{number}.md", f"Annual leave is {number} days.") for number in range(40)]
ASK = Query(text="annual leave", principals=STAFF, top_k=100)
PAGE_BYTES = 4096

pytestmark = pytest.mark.anyio


@pytest.fixture
async def index(tmp_path: Path) -> Path:
    async with opened("embedded", StorePlace(folder=tmp_path), EMBEDDER) as store:
        await store.write(DOCUMENTS)
    return tmp_path


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def states(folder: Path) -> dict[str, str]:
    return {verdict.name: verdict.state for verdict in verify(folder)}


async def read_all(index: Path) -> list[object]:
    async with opened("embedded", StorePlace(folder=index), EMBEDDER) as store:
        return [
            await store.search_lexical(ASK),
            await store.search_dense(ASK, EMBEDDER.embed_query("leave")),
            *[await store.read(each.document.doc_id, principals=STAFF) for each in DOCUMENTS],
        ]


async def test_a_changed_bit_of_any_page_of_the_documents_is_refused_where_it_is_read(index: Path) -> None:
    database, sound, refusals = index / "groundsel.db", await read_all(index), list[str]()
    pages = database.stat().st_size // PAGE_BYTES
    for page in range(pages):
        place = page * PAGE_BYTES + 2000
        flip(database, place)
        try:
            assert await read_all(index) == sound
        except Unavailable as error:
            refusals.append(str(error))
        assert states(index)["groundsel.db"] == "damaged"
        flip(database, place)
    assert len(refusals) > pages / 2
    assert all("damaged (a page is not what its checksum says)" in refusal for refusal in refusals)
    assert all("build it anew: groundsel ingest DIR --rebuild" in refusal for refusal in refusals)
    assert states(index) == {"groundsel.db": "sound", "lexical": "sound"}


async def test_a_changed_bit_of_the_words_is_mended_from_the_documents(index: Path) -> None:
    async with opened("embedded", StorePlace(folder=index), EMBEDDER) as store:
        sound = [(hit.passage.passage_id, hit.score) for hit in await store.search_lexical(ASK)]
    for pattern in ("*.fieldnorm", "*.idx", "*.term", "*.fast", "*.pos", "meta.json", "applied"):
        for file in sorted((index / "lexical").rglob(pattern)):
            flip(file, file.stat().st_size // 2)
        assert states(index)["lexical"] == "damaged", pattern

        async with opened("embedded", StorePlace(folder=index), EMBEDDER) as store:
            assert [(hit.passage.passage_id, hit.score) for hit in await store.search_lexical(ASK)] == sound
        assert states(index)["lexical"] == "sound"


async def test_an_index_without_checksums_is_read_and_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no index"):
        list(verify(tmp_path))
    with closing(sqlite3.connect(tmp_path / "groundsel.db")) as database:
        database.execute("CREATE TABLE anything (x)")

    assert states(tmp_path) == {"groundsel.db": "sound, but without checksums"}
