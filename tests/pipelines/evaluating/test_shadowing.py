"""What a switch would change: how much of the first ten documents stays, and what that does to the measures."""

import pytest

from groundsel_pipelines.evaluating.judgments import Gold, Question
from groundsel_pipelines.evaluating.preparing import Prepared
from groundsel_pipelines.evaluating.retrieving import Found
from groundsel_pipelines.evaluating.shadowing import Side, compared
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import Hit, Ranking
from small_corpus import EMBEDDER, indexed

SIDE = Side(
    prepared=Prepared(
        store=MemoryStore(embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions),
        collection="docs",
        doc_ids={"docs/a": "docs/a"},
    ),
    embedder=EMBEDDER,
    fusion=min_max_linear,
)
JUDGED = Question(query_id="1", text="leave", gold=(Gold(name="docs/a"),))
UNJUDGED = Question(query_id="2", text="travel")


def ranking(retriever: str, *names: str) -> Ranking:
    return tuple(
        Hit(passage=indexed(name, f"{name} text").passages[0], rank=rank, score=1 / rank, retriever=retriever)
        for rank, name in enumerate(names, start=1)
    )


def found(question: Question, *names: str) -> Found:
    legs = {leg: ranking(leg, *names) for leg in ("lexical", "dense")}
    return Found(question=question, legs=legs, took_ms={})


def test_the_same_results_overlap_wholly_and_gain_nothing() -> None:
    both = [found(JUDGED, "a", "b"), found(UNJUDGED, "c")]

    comparison = compared(both, both, SIDE, SIDE)

    assert (comparison.questions, comparison.judged) == (2, 1)
    assert [each.ranking for each in comparison.rankings] == ["lexical", "dense", "fused"]
    assert all(each.overlap.mean == 1 and each.gain and each.gain.mean == 0 for each in comparison.rankings)
    assert comparison.most_changed == ()


def test_what_a_new_generation_finds_first_is_what_it_gains() -> None:
    pytest.importorskip("ir_measures")
    before = [found(JUDGED, "b", "a"), found(UNJUDGED, "c", "d")]
    after = [found(JUDGED, "a", "b"), found(UNJUDGED, "c", "e")]

    fused = compared(before, after, SIDE, SIDE).rankings[-1]

    assert fused.overlap.mean == pytest.approx((1 + 1 / 2) / 2)
    assert fused.gain is not None
    assert fused.gain.mean == pytest.approx(1 - 0.6309, abs=1e-4)  # rank 1 rather than 2: 1 / log2(3)


def test_questions_that_find_least_of_the_same_are_named() -> None:
    before, after = [found(UNJUDGED, "c", "d")], [found(UNJUDGED, "c", "e")]

    assert compared(before, after, SIDE, SIDE).most_changed == (("travel", 0.5),)


def test_without_judgments_there_is_no_gain() -> None:
    both = [found(UNJUDGED, "c")]

    assert [each.gain for each in compared(both, both, SIDE, SIDE).rankings] == [None, None, None]
