"""A passage that was embedded before is not embedded again, and nothing fails for the want of the cache."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from fakes import HashEmbedder
from groundsel_ingest import vector_cache
from groundsel_ingest.vector_cache import FILE_NAME, CachedEmbedder
from groundsel_pipelines.types import Vectors


class Counting(HashEmbedder):
    """Notes what it is asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed_passages(texts)


@pytest.fixture
def embedder() -> Counting:
    return Counting()


def test_a_passage_is_embedded_once_in_one_batch_and_over_many_runs(embedder: Counting, tmp_path: Path) -> None:
    with closing(CachedEmbedder(embedder, tmp_path)) as cached:
        first = cached.embed_passages(["a", "b", "a"])
        assert (cached.embedded, cached.reused) == (2, 1)
    with closing(CachedEmbedder(embedder, tmp_path)) as cached:
        second = cached.embed_passages(["c", "a", "b", "a"])

    assert embedder.asked == ["a", "b", "c"]
    np.testing.assert_array_equal(first, HashEmbedder().embed_passages(["a", "b", "a"]))
    np.testing.assert_allclose(second, HashEmbedder().embed_passages(["c", "a", "b", "a"]), atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(second, axis=1), 1, atol=1e-6)


def test_vectors_of_another_model_are_not_taken(embedder: Counting, tmp_path: Path) -> None:
    with closing(CachedEmbedder(embedder, tmp_path)) as cached:
        cached.embed_passages(["a"])
    embedder.model_id = "other"
    with closing(CachedEmbedder(embedder, tmp_path)) as cached:
        cached.embed_passages(["a"])
    assert embedder.asked == ["a", "a"]


def test_what_no_run_has_used_for_a_month_is_dropped(
    embedder: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, texts in ((0, ["old", "kept"]), (20, ["kept"]), (40, ["new"]), (41, ["old", "kept", "new"])):
        monkeypatch.setattr(vector_cache, "today", lambda day=day: 20_000 + day)
        with closing(CachedEmbedder(embedder, tmp_path)) as cached:
            cached.embed_passages(texts)
    assert embedder.asked == ["old", "kept", "new", "old"]


def test_there_are_never_more_than_a_million_and_the_oldest_go_first(
    embedder: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_cache, "MOST_ENTRIES", 2)
    for day, text in enumerate(("a", "b", "c")):
        monkeypatch.setattr(vector_cache, "today", lambda day=day: 20_000 + day)
        with closing(CachedEmbedder(embedder, tmp_path)) as cached:
            cached.embed_passages([text])
    with closing(CachedEmbedder(embedder, tmp_path)) as cached:
        cached.embed_passages(["b", "c", "a"])
    assert embedder.asked == ["a", "b", "c", "a"]


def test_a_damaged_file_is_made_anew_and_one_that_cannot_be_is_done_without(embedder: Counting, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database, " * 1000)
    (tmp_path / "file").touch()
    for folder, times in ((tmp_path, 1), (tmp_path / "file", 2)):
        embedder.asked.clear()
        for _ in range(2):
            with closing(CachedEmbedder(embedder, folder)) as cached:
                assert cached.embed_passages(["a"]).shape == (1, embedder.dimensions)
        assert embedder.asked == ["a"] * times


def test_a_vector_with_a_changed_bit_is_made_anew(embedder: Counting, tmp_path: Path) -> None:
    cached = CachedEmbedder(embedder, tmp_path)
    (sound,) = cached.embed_passages(["Annual leave is 25 days."])
    cached.close()
    with closing(sqlite3.connect(tmp_path / "vectors.db")) as database, database:
        ((value,),) = database.execute("SELECT value FROM vector")
        database.execute("UPDATE vector SET value = ?", (bytes([value[0] ^ 1]) + value[1:],))

    again = CachedEmbedder(embedder, tmp_path)
    assert again.embed_passages(["Annual leave is 25 days."])[0].tolist() == sound.tolist()
    assert (again.embedded, again.reused) == (1, 0)
    again.close()
