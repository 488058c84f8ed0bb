"""A threshold is chosen only where it wins on questions that the choice did not look at."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.gating import best_threshold, tune_gate, worth
from groundsel_pipelines.evaluating.judging import Outcome


@dataclass(frozen=True)
class Judged:
    """All that the fit looks at."""

    confidence: float
    right: bool


def outcomes(count: int, *, parted_at: float, noise: float = 0.0) -> list[Outcome]:
    """Give answers that are right above a confidence, but for some."""
    random = np.random.default_rng(6)
    sure = random.random(count)
    right = (sure >= parted_at) ^ (random.random(count) < noise)
    return [cast("Outcome", Judged(float(one), bool(true))) for one, true in zip(sure, right, strict=True)]


def test_the_threshold_stands_where_right_answers_part_from_the_others() -> None:
    sure, right = np.array([0.1, 0.2, 0.3, 0.7, 0.9]), np.array([False, False, True, True, True])

    assert best_threshold(sure, right) == 0.3
    assert worth(sure >= 0.3, right).mean() == pytest.approx(1.0)
    assert worth(sure >= 0.2, right).mean() == pytest.approx(1 - 1 / 2)


def test_a_threshold_that_stands_wrong_for_a_collection_is_moved() -> None:
    tuned = tune_gate(outcomes(200, parted_at=0.7, noise=0.1), before=0.2, reader=True)

    assert tuned.wins
    assert tuned.low <= tuned.threshold <= tuned.high
    assert tuned.threshold == pytest.approx(0.7, abs=0.1)


def test_one_that_stands_right_stays() -> None:
    assert not tune_gate(outcomes(200, parted_at=0.5, noise=0.1), before=0.5, reader=False).wins


def test_too_few_questions_and_such_of_one_kind_are_refused() -> None:
    with pytest.raises(InvalidInput, match="12 judged questions are too few"):
        tune_gate(outcomes(12, parted_at=0.5), before=0.5, reader=False)
    with pytest.raises(InvalidInput, match="add questions that the documents do not answer"):
        tune_gate(outcomes(60, parted_at=0.0), before=0.5, reader=False)
