"""A reranker orders the best of the fused order anew, as far as it comes in its time, and never loses a hit."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
import pytest

from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.searching.reranking import BATCH, Reranking, reordered
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import Hit, Ranking, SearchRequest, SearchResults
from small_corpus import EMBEDDER, STAFF, filled, indexed

DOCUMENTS = tuple(indexed(f"{number:02}.md", f"annual leave {'x ' * number}") for number in range(20))


@dataclass(slots=True)
class Longest:
    """Takes the longest text for the best; after `lasts` texts it breaks, or hangs until it is let go."""

    model_id: str = "longest"
    lasts: int = 1000
    breaks: bool = False
    seen: list[str] = field(default_factory=list[str])
    let_go: threading.Event = field(default_factory=threading.Event)

    def score(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        if len(self.seen) + len(texts) > self.lasts:
            if self.breaks:
                raise Unavailable("out of memory")
            self.let_go.wait()
        self.seen += texts
        return tuple(float(len(text)) for text in texts)


def ranking(*scores: float) -> Ranking:
    return tuple(
        Hit(passage=held.passages[0], rank=rank, score=score, retriever="fused")
        for rank, (held, score) in enumerate(zip(DOCUMENTS, scores, strict=False), start=1)
    )


def places(hits: Ranking) -> list[str]:
    return [hit.passage.doc_id.removeprefix("docs/") for hit in hits]


def search(reranker: Longest | None, *, seconds: float = 60.0) -> SearchResults:
    reranking = Reranking(rerankers=lambda _, __: reranker, seconds=seconds, weight=1.0)
    searcher = Searcher(
        store=filled(MemoryStore(), *DOCUMENTS), embedder=EMBEDDER, fusion=min_max_linear, reranking=reranking
    )
    request = SearchRequest(text="annual leave", principals=STAFF, limit=20)
    try:
        return anyio.run(searcher.search, request)
    finally:
        if reranker:
            reranker.let_go.set()


def test_both_scores_are_brought_to_0_and_1_and_weighed() -> None:
    found = reordered(ranking(0.9, 0.5, 0.1), [0.0, 10.0, 5.0], weight=0.75)

    assert [(hit.passage.doc_id, hit.score) for hit in found] == [
        ("docs/01.md", 1 + 0.75 * 1 + 0.25 * 0.5),
        ("docs/02.md", 1 + 0.75 * 0.5 + 0.25 * 0),
        ("docs/00.md", 1 + 0.75 * 0 + 0.25 * 1),
    ]
    assert [(hit.rank, hit.retriever) for hit in found] == [(1, "reranked"), (2, "reranked"), (3, "reranked")]


def test_what_was_not_read_keeps_its_fused_place_below() -> None:
    found = reordered(ranking(0.9, 0.8, 0.7, 0.6), [1.0, 2.0], weight=1.0)

    assert places(found) == ["01.md", "00.md", "02.md", "03.md"]
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert found[2].score < 1 <= found[1].score


def test_a_search_is_ordered_by_what_the_reranker_reads_and_tells_the_place_before() -> None:
    found = search(Longest())

    assert found.degraded == ()
    assert found.results[0].passage.doc_id == "docs/19.md"
    assert sorted(result.ranks["fused"] for result in found.results) == list(range(1, 21))
    assert "rerank" in found.took_ms


def test_at_the_deadline_the_rest_keeps_its_place_and_the_result_says_so() -> None:
    plain, late = search(None), search(Longest(lasts=BATCH), seconds=0.3)

    assert late.degraded == ("rerank",)
    assert set(places(late.hits[:BATCH])) == set(places(plain.hits[:BATCH]))
    assert places(late.hits[BATCH:]) == places(plain.hits[BATCH:])


@pytest.mark.parametrize("reranker", [Longest(lasts=0, breaks=True), Longest(lasts=0)], ids=["breaks", "hangs"])
def test_a_reranker_that_gives_nothing_leaves_the_fused_order(reranker: Longest) -> None:
    plain, broken = search(None), search(reranker, seconds=0.1)

    assert broken.degraded == ("rerank",)
    assert places(broken.hits) == places(plain.hits)
    assert all("fused" not in result.ranks for result in broken.results)


def test_without_a_reranker_nothing_is_said_of_one() -> None:
    found = search(None)

    assert found.degraded == ()
    assert all("fused" not in result.ranks for result in found.results)
