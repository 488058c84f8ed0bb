"""Fits where the gate stands for one collection to judged questions, and says out of fold what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.intervals import Array, Interval, difference
from groundsel_pipelines.evaluating.judging import Outcome
from groundsel_pipelines.evaluating.tuning import FEWEST, folds

LEAST_OF_A_KIND: Final = 8  # answers that are to be shown, and such that are not
RESAMPLES: Final = 400
SEED: Final = 20

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedGate:
    """A threshold with its interval, and what choosing like this gains on questions that were not looked at.

    The gain is in the share of right answers shown, less the share of all others shown (Youden 1950).
    """

    threshold: float
    low: float
    high: float
    before: float
    gain: Interval
    reader: bool  # it is the gate's that hears a reader

    @property
    def wins(self) -> bool:
        return self.gain.low > 0


def tune_gate(outcomes: Sequence[Outcome], *, before: float, reader: bool) -> TunedGate:
    """Choose the threshold.

    Raises:
        InvalidInput: there are too few questions, or too few of a kind.

    """
    sure = np.array([each.confidence for each in outcomes])
    right = np.array([each.right for each in outcomes], np.bool_)
    if len(outcomes) < FEWEST:
        raise InvalidInput(f"{len(outcomes)} judged questions are too few to fit a gate; at least {FEWEST} are needed")
    if min(right.sum(), (~right).sum()) < LEAST_OF_A_KIND:
        raise InvalidInput(
            f"{right.sum()} of {len(outcomes)} answers would be right; at least {LEAST_OF_A_KIND} right ones and as "
            "many others are needed: add questions that the documents do not answer"
        )
    chosen = np.empty(len(sure))
    for fold in folds(len(sure)):
        rest = np.setdiff1d(np.arange(len(sure)), fold)
        chosen[fold] = best_threshold(sure[rest], right[rest])
    numbers = np.random.default_rng(SEED)
    picks = [numbers.integers(0, len(sure), len(sure)) for _ in range(RESAMPLES)]
    again = [best_threshold(sure[pick], right[pick]) for pick in picks if 0 < right[pick].sum() < len(sure)]
    return TunedGate(
        threshold=round(best_threshold(sure, right), 4),
        low=round(float(np.quantile(again, 0.025)), 4),
        high=round(float(np.quantile(again, 0.975)), 4),
        before=before,
        gain=difference(worth(sure >= chosen, right), worth(sure >= before, right)),
        reader=reader,
    )


def best_threshold(sure: Array, right: Flags) -> float:
    """Give the threshold at which the share of right answers shown exceeds that of the others shown the most."""
    tried = np.unique(sure)
    shown = sure[None, :] >= tried[:, None]
    gains = shown[:, right].mean(axis=1) - shown[:, ~right].mean(axis=1)
    return float(tried[int(gains.argmax())])


def worth(shown: Flags, right: Flags) -> Array:
    """Give one number a question whose mean is the share of right ones shown less that of others shown."""
    count = len(right)
    values = np.where(right, count / right.sum(), -count / (~right).sum()) * shown
    return np.asarray(values, np.float64)
