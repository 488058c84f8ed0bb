"""Figures against their definitions, written out."""

import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.tuning.figures import Array, figures
from groundsel_pipelines.tuning.judged import ReaderJudged, RerankerJudged, VerifierJudged, overlap
from groundsel_pipelines.tuning.rows import ReaderRow, RerankerRow, VerifierRow
from groundsel_pipelines.tuning.statistics import area, balanced

NUMBERS = np.random.default_rng(5)


def test_the_mean_of_the_pseudo_values_is_the_area_under_the_curve() -> None:
    positive = NUMBERS.random(200) < 0.3
    scores: Array = np.asarray(np.round(NUMBERS.random(200) + 0.3 * positive, 2), np.float64)  # with ties

    assert area(scores, positive).mean() == pytest.approx(roc_auc_score(positive, scores))


def test_the_spread_of_the_pseudo_values_is_that_of_the_area() -> None:
    areas, errors = [], []
    for _ in range(300):
        positive = np.arange(120) < 40
        values = area(NUMBERS.normal(size=120) + positive, positive)
        areas.append(values.mean())
        errors.append(values.std(ddof=1) / math.sqrt(120))

    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.15)


def test_the_mean_of_the_pseudo_values_is_the_balanced_accuracy() -> None:
    truth = NUMBERS.integers(0, 3, 90)
    told = np.where(NUMBERS.random(90) < 0.6, truth, NUMBERS.integers(0, 3, 90))

    assert balanced(told == truth, truth).mean() == pytest.approx(balanced_accuracy_score(truth, told))


def test_a_reader_is_judged_by_its_words_and_by_what_it_thinks_answerable() -> None:
    rows = [
        ReaderRow(id="a", document="d", question="q", passage="p", answers=("the 25 days", "25"), start=-1),
        ReaderRow(id="b", document="d", question="q", passage="p", answers=("red house",)),
        ReaderRow(id="c", document="d", question="q", passage="p", answerable=False),
    ]
    told = [
        ReaderJudged(text="25 days", answerable=0.9),
        ReaderJudged(text="house", answerable=0.4),
        ReaderJudged(text="p", answerable=0.5),
    ]

    found = figures("reader", rows, told)

    assert found["F1"].tolist() == [1.0, pytest.approx(2 / 3)]
    assert found["exact match"].tolist() == [1.0, 0.0]
    assert found["answerability AUROC"].mean() == 0.5


def test_a_verifier_is_judged_over_two_classes_where_the_label_leaves_two() -> None:
    labels = ("supported", "unsupported", "neither", "contradicted")
    rows = [VerifierRow(id="a", document="d", claim="c", evidence="e", label=label) for label in labels]  # type: ignore[arg-type]
    told = [VerifierJudged(supported=value, label="supported") for value in (0.9, 0.1, 0.2, 0.8)]

    found = figures("verifier", rows, told)

    assert found["balanced accuracy"].mean() == pytest.approx((1 + 2 / 3) / 2)
    assert found["balanced accuracy of three"].mean() == pytest.approx(1 / 3)


def test_a_reranker_gains_by_the_rank_of_the_right_one_and_not_by_ties() -> None:
    row = RerankerRow(id="a", document="d", query="q", positive="p", negatives=("m", "n"))

    found = figures("reranker", [row, row], [RerankerJudged(scores=(3, 1, 2)), RerankerJudged(scores=(1, 1, 2))])

    assert found["nDCG@10"].tolist() == [1.0, 1 / math.log2(4)]


def test_rows_of_one_class_are_no_measure_of_a_verifier() -> None:
    row = VerifierRow(id="a", document="d", claim="c", evidence="e", label="supported")

    with pytest.raises(InvalidInput, match="all are of one class"):
        figures("verifier", [row], [VerifierJudged(supported=1)])


def test_overlap_counts_words_without_their_endings() -> None:
    assert overlap("the employees travelled", "An employee travels") == 1
    assert overlap("leave in May", "travel") == 0
