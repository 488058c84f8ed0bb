"""What is derived from an embedded store's documents follows them in parts, and catches up after it could not."""

from pathlib import Path

import pytest

from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.protocols import StorePlace
from groundsel_pipelines.stores.embedded import store as embedded
from groundsel_pipelines.stores.embedded.lexical import LexicalIndex
from groundsel_pipelines.types import Query
from registered_stores import opened
from small_corpus import EMBEDDER, STAFF, indexed

NAMES = [f"{number}.md" for number in range(7)]
ASK = Query(text="leave", principals=STAFF, top_k=20)

pytestmark = pytest.mark.anyio


async def test_documents_are_followed_in_parts_to_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "CATCH_UP_DOCUMENTS", 3)
    async with opened("embedded", StorePlace(folder=tmp_path), EMBEDDER) as store:
        await store.write([indexed(name, "Annual leave is 25 days.") for name in NAMES])
        await store.delete("docs/0.md", version=2)

        for ranking in (await store.search_lexical(ASK), await store.search_dense(ASK, EMBEDDER.embed_query("leave"))):
            assert {hit.passage.doc_id for hit in ranking} == {f"docs/{name}" for name in NAMES[1:]}


async def test_words_that_could_not_be_written_are_found_once_they_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    async with opened("embedded", StorePlace(folder=tmp_path), EMBEDDER) as store:
        await store.write([indexed("a.md", "Annual leave is 25 days.")])
        with monkeypatch.context() as patched:
            patched.setattr(LexicalIndex, "apply", full)
            with pytest.raises(Unavailable):
                await store.search_lexical(ASK)

        assert [hit.passage.doc_id for hit in await store.search_lexical(ASK)] == ["docs/a.md"]
