"""Fusions, with the arithmetic written out."""

from dataclasses import replace
from importlib.metadata import entry_points

import pytest

from groundsel_pipelines.fusion import (
    by_language,
    distribution_linear,
    maximum_linear,
    min_max_linear,
    reciprocal_rank,
    z_score_linear,
)
from groundsel_pipelines.protocols import WeightedFusion
from groundsel_pipelines.types import Hit, Ranking
from small_corpus import indexed


def ranking(retriever: str, *scores: tuple[str, float]) -> Ranking:
    return tuple(
        Hit(passage=indexed(name, f"Text of {name}.").passages[0], rank=rank, score=score, retriever=retriever)
        for rank, (name, score) in enumerate(scores, start=1)
    )


def scores(fused: Ranking) -> list[tuple[str, float]]:
    return [(hit.passage.passage_id.removeprefix("docs/").removesuffix("#0"), hit.score) for hit in fused]


LEXICAL = ranking("lexical", ("a", 12.0), ("b", 9.0), ("d", 2.0))
DENSE = ranking("dense", ("b", 0.8), ("c", 0.5), ("e", 0.3))
ALL = (reciprocal_rank, min_max_linear, maximum_linear, z_score_linear, distribution_linear)


def test_reciprocal_rank_adds_one_over_sixty_plus_rank() -> None:
    assert scores(reciprocal_rank([LEXICAL, DENSE])) == [
        ("b", 1 / (60 + 2) + 1 / (60 + 1)),
        ("a", 1 / (60 + 1)),
        ("c", 1 / (60 + 2)),
        ("d", 1 / (60 + 3)),
        ("e", 1 / (60 + 3)),
    ]


def test_min_max_adds_scores_scaled_within_their_ranking() -> None:
    assert scores(min_max_linear([LEXICAL, DENSE])) == [
        ("b", pytest.approx(0.5 * (9 - 2) / (12 - 2) + 0.5 * 1)),
        ("a", 0.5 * 1),
        ("c", pytest.approx(0.5 * (0.5 - 0.3) / (0.8 - 0.3))),
        ("d", 0.0),
        ("e", 0.0),
    ]


def test_the_weight_is_the_first_rankings_share() -> None:
    fused = dict(scores(min_max_linear([LEXICAL, DENSE], weight=0.25)))

    assert fused["a"] == 0.25
    assert fused["b"] == pytest.approx(0.25 * 0.7 + 0.75)


def test_equal_scores_are_scaled_to_one() -> None:
    assert scores(min_max_linear([ranking("lexical", ("a", 3.0), ("b", 3.0)), ()])) == [("a", 0.5), ("b", 0.5)]


@pytest.mark.parametrize("fusion", ALL)
def test_ranks_count_from_one_and_ties_go_by_passage_id(fusion: WeightedFusion) -> None:
    fused = fusion([ranking("lexical", ("b", 1.0)), ranking("dense", ("a", 1.0))])

    assert [(hit.rank, hit.passage.doc_id, hit.retriever) for hit in fused] == [
        (1, "docs/a", "fused"),
        (2, "docs/b", "fused"),
    ]


@pytest.mark.parametrize("fusion", ALL)
def test_one_ranking_alone_keeps_its_order(fusion: WeightedFusion) -> None:
    assert [hit.passage for hit in fusion([LEXICAL])] == [hit.passage for hit in LEXICAL]
    assert fusion([]) == fusion([(), ()]) == ()


def test_maximum_divides_by_the_highest_and_takes_nothing_below_zero() -> None:
    fused = dict(scores(maximum_linear([LEXICAL, ranking("dense", ("b", 0.8), ("c", 0.2), ("e", -0.3))])))

    assert fused == {
        "a": 0.5 * 12 / 12,
        "b": 0.5 * 9 / 12 + 0.5 * 0.8 / 0.8,
        "c": pytest.approx(0.5 * 0.2 / 0.8),
        "d": pytest.approx(0.5 * 2 / 12),
        "e": 0.0,
    }


def test_z_scores_count_standard_deviations_above_the_lowest() -> None:
    fused = dict(scores(z_score_linear([ranking("lexical", ("a", 3.0), ("b", 1.0)), ranking("dense", ("c", 7.0))])))

    assert fused == {"a": 0.5 * (3 - 1) / 1, "b": 0.0, "c": 0.5 * 1.0}  # the deviation of 3 and 1 is 1


def test_a_distribution_is_three_deviations_wide_on_either_side() -> None:
    fused = dict(scores(distribution_linear([ranking("lexical", ("a", 3.0), ("b", 1.0)), ()])))

    assert fused == {"a": pytest.approx(0.5 * (3 - 2 + 3) / 6), "b": pytest.approx(0.5 * (1 - 2 + 3) / 6)}


@pytest.mark.parametrize("fusion", ALL)
def test_with_all_the_weight_a_ranking_decides_alone(fusion: WeightedFusion) -> None:
    fused = scores(fusion([LEXICAL, DENSE], weight=1.0))

    assert [name for name, _ in fused[:2]] == ["a", "b"]
    assert {name: score for name, score in fused if name in {"c", "e"}} == {"c": 0.0, "e": 0.0}


@pytest.mark.parametrize("fusion", ALL)
def test_every_fusion_is_found_by_name(fusion: WeightedFusion) -> None:
    registered = [entry.load() for entry in entry_points(group="groundsel.fusions")]

    assert fusion in registered


def in_languages(found: Ranking, *languages: str) -> Ranking:
    return tuple(
        replace(hit, passage=replace(hit.passage, language=language))
        for hit, language in zip(found, languages, strict=True)
    )


@pytest.mark.parametrize(
    ("languages", "weight"),
    [
        (("en", "en", "de"), 0.5),
        (("de", "de", "en"), 0.9),
        (("de", "en", "und"), 0.5),
        (("und", "und", "und"), 0.5),
        (("de", "und", "und"), 0.9),
    ],
)
def test_words_weigh_more_where_the_model_does_not_know_most_of_what_they_found(
    languages: tuple[str, ...], weight: float
) -> None:
    found = [in_languages(LEXICAL, *languages), DENSE]
    fused = by_language(min_max_linear, weight=0.5, unread_weight=0.9, languages={"en"})

    assert scores(fused(found)) == scores(min_max_linear(found, weight=weight))


def test_a_model_that_names_no_language_reads_all() -> None:
    fused = by_language(min_max_linear, weight=0.5, unread_weight=0.9, languages=())

    assert scores(fused([in_languages(LEXICAL, "de", "de", "de"), DENSE])) == scores(min_max_linear([LEXICAL, DENSE]))
