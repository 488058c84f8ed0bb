"""The gate lets through what wins for certain, and nothing else."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.tuning.figures import figures
from groundsel_pipelines.tuning.gate import compared, lost, require_enough
from groundsel_pipelines.tuning.judged import Judged, VerifierJudged
from groundsel_pipelines.tuning.rows import Label, Row, VerifierRow

RUNS = 200


def rows(labels: Sequence[Label]) -> list[Row]:
    return [
        VerifierRow(id=str(at), document=str(at), claim="c", evidence="e", label=each) for at, each in enumerate(labels)
    ]


def told(scores: Iterable[float]) -> list[Judged]:
    return [VerifierJudged(supported=float(score)) for score in scores]


def refused(own: Iterable[float], other: Iterable[float], labels: Sequence[Label]) -> bool:
    held_out = rows(labels)
    other_figures = figures("verifier", held_out, told(other))
    return bool(lost(compared("verifier", figures("verifier", held_out, told(own)), {"overlap": other_figures})))


def test_what_learnt_from_shuffled_labels_is_refused_in_95_of_100_runs() -> None:
    """Whoever learnt from shuffled labels knows nothing of the true ones: its scores are as good as drawn."""
    numbers = np.random.default_rng(11)
    runs = 0
    for _ in range(RUNS):
        labels: list[Label] = ["supported" if each else "neither" for each in numbers.random(60) < 0.5]
        labels[:2] = ["supported", "neither"]
        runs += refused(numbers.random(60), numbers.random(60), labels)

    assert runs >= 0.95 * RUNS


def test_what_wins_for_certain_is_let_through() -> None:
    numbers = np.random.default_rng(12)
    labels: list[Label] = ["supported", "neither"] * 50
    truth = np.array([0.7, 0.3] * 50)

    assert not refused(truth + numbers.normal(0, 0.1, 100), numbers.random(100), labels)


def test_a_gain_too_small_to_be_certain_is_refused() -> None:
    labels: list[Label] = ["supported", "neither"] * 25
    other = np.array([0.7, 0.3] * 25)
    other[:10] = 1 - other[:10]
    own = other.copy()
    own[0] = 0.7  # right once more

    assert refused(own, other, labels)


def test_too_few_rows_and_rows_of_one_class_are_refused_with_their_number() -> None:
    many = rows(["supported", "neither"] * 100)

    with pytest.raises(InvalidInput, match="10 training rows are too little"):
        require_enough("verifier", many[:10], many)
    with pytest.raises(InvalidInput, match="10 held-out rows are too little"):
        require_enough("verifier", many, many[:10])
    with pytest.raises(InvalidInput, match="all 200 training rows are supported: of one class only"):
        require_enough("verifier", rows(["supported"] * 200), many)
    require_enough("verifier", many, many)
