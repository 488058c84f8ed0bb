"""What was found is measured as trec_eval measures it; pages count with their neighbours; the worst come first."""

from dataclasses import replace
from math import log2

import pytest

from groundsel_pipelines.evaluating.judgments import Gold, Question
from groundsel_pipelines.evaluating.measures import by_query
from groundsel_pipelines.evaluating.relevance import judge_relevance
from groundsel_pipelines.evaluating.retrieving import Found, relevance, units
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.types import Hit, Ranking
from small_corpus import indexed

DOC_IDS = {"a": "docs/a", "b": "docs/b", "c": "docs/c"}


def ranked(*names: str, pages: tuple[int | None, ...] = ()) -> Ranking:
    passages = [indexed(name, f"Text of {name}.").passages[0] for name in names]
    return tuple(
        Hit(passage=replace(passage, page=page), rank=rank, score=1 / rank, retriever="lexical")
        for rank, (passage, page) in enumerate(zip(passages, pages or (None,) * len(names), strict=True), start=1)
    )


def question(query_id: str, *gold: Gold) -> Question:
    return Question(query_id=query_id, text=f"about {query_id}", gold=gold)


def found(asked: Question, lexical: Ranking, dense: Ranking) -> Found:
    return Found(question=asked, legs={"lexical": lexical, "dense": dense}, took_ms={})


def test_measures_are_those_of_the_textbook() -> None:
    scores = by_query({"q": {"a": 1, "b": 1}}, {"q": ["x", "a", "b"]})

    assert scores["nDCG@10"]["q"] == pytest.approx((1 / log2(3) + 1 / log2(4)) / (1 / log2(2) + 1 / log2(3)))
    assert (scores["RR@10"]["q"], scores["R@100"]["q"]) == (0.5, 1.0)
    assert (scores["Success@1"]["q"], scores["Success@5"]["q"]) == (0.0, 1.0)


def test_a_question_that_found_nothing_counts_zero() -> None:
    scores = by_query({"q": {"a": 1}, "r": {"a": 1}}, {"q": ["a"], "r": []})

    assert scores["nDCG@10"] == {"q": 1.0, "r": 0.0}


def test_a_document_stands_where_its_best_passage_stands() -> None:
    asked = question("q", Gold(name="a"))

    assert units(ranked("b", "a", "b", "c"), asked, DOC_IDS) == ["docs/b", "docs/a", "docs/c"]


def test_a_page_beside_the_gold_page_counts_as_it_and_others_do_not() -> None:
    asked = question("q", Gold(name="a", page=7))

    assert relevance(asked, DOC_IDS) == {"docs/a#page=7": 1}
    assert units(ranked("a", "a", "b", "a", pages=(9, 6, 7, 8)), asked, DOC_IDS) == [
        "docs/a#page=9",
        "docs/a#page=7",
        "docs/b#page=7",
    ]


def test_every_leg_and_fusion_is_measured_and_the_default_compared() -> None:
    first = found(question("q", Gold(name="a")), ranked("a", "b"), ranked("b", "a"))
    second = found(question("r", Gold(name="c")), ranked("c"), ranked("b", "a"))

    judged = judge_relevance([first, second], DOC_IDS, {"minmax": min_max_linear}, default="minmax")

    assert judged.scores["lexical"]["Success@1"] == {"q": 1.0, "r": 1.0}
    assert judged.scores["dense"]["Success@1"] == {"q": 0.0, "r": 0.0}
    assert {(each.ranking, each.against) for each in judged.differences} == {("minmax", "lexical"), ("minmax", "dense")}
    assert judged.means["lexical"]["Success@1"].mean == 1.0


def test_the_worst_question_comes_first_with_what_each_ranking_returned() -> None:
    missed = found(question("q", Gold(name="c")), ranked("a", "b"), ranked("b", "a"))
    late = found(question("r", Gold(name="b")), ranked("a", "b"), ranked("a", "b"))
    fine = found(question("s", Gold(name="a")), ranked("a"), ranked("a"))

    worst = judge_relevance([fine, late, missed], DOC_IDS, {"minmax": min_max_linear}, default="minmax").worst

    assert [each.query_id for each in worst] == ["q", "r"]
    assert [each.relevant for each in worst[1].returned["lexical"]] == [False, True]
    assert set(worst[0].returned) == {"lexical", "dense", "minmax"}
