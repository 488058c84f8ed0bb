"""Fits how likely silence must be for an answering model to keep it, on the rows that decide, each fold by the others.

Left to itself a model that was trained on more answers than silences is silent too seldom, though it knows better: how
likely it finds silence tells the one from the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.models.adapter_manifest import SILENT_FROM
from groundsel_pipelines.tuning.answer_figures import holds_answer
from groundsel_pipelines.tuning.gate import FEWEST_HELD_OUT
from groundsel_pipelines.tuning.judged import Judged
from groundsel_pipelines.tuning.judged_answers import AnswerJudged
from groundsel_pipelines.tuning.rows import AnswerRow, Row

FOLDS: Final = 5
RESAMPLES: Final = 400
SEED: Final = 20

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Rows that were answered, as arrays of one value a row."""

    told: Flags
    right: Flags
    silent: Flags  # by itself
    doubt: Array  # log-probability of silence

    def of(self, chosen: Flags | npt.NDArray[np.int64]) -> "Answered":
        return Answered(
            told=self.told[chosen], right=self.right[chosen], silent=self.silent[chosen], doubt=self.doubt[chosen]
        )

    @property
    def threshold(self) -> float:
        """Give the best one; infinite where rows are too few or of one kind, or where silence gains nothing."""
        if len(self.told) < FEWEST_HELD_OUT or self.told.all() or not self.told.any():
            return np.inf
        return best_threshold(self.doubt, self.told, self.right, self.silent)


def answered(rows: Sequence[Row], judged: Sequence[Judged]) -> Answered:
    pairs = [
        (row, each)
        for row, each in zip(rows, judged, strict=True)
        if isinstance(row, AnswerRow) and isinstance(each, AnswerJudged)
    ]
    return Answered(
        told=np.array([row.cited > 0 for row, _ in pairs], np.bool_),
        right=np.array([holds_answer(each.shown, row) for row, each in pairs], np.bool_),
        silent=np.array([not each.text for _, each in pairs], np.bool_),
        doubt=np.array([-each.told for _, each in pairs]),
    )


def kept_silent(rows: Sequence[Row], judged: Sequence[Judged]) -> list[Judged]:
    """Give what is left where silence is kept.

    The threshold of each fold is fitted on the others, so that no row has a say in its own; rows of one document are
    of one fold.
    """
    documents = {document: at for at, document in enumerate(dict.fromkeys(row.document for row in rows))}
    folds = np.array([documents[row.document] % FOLDS for row in rows])
    every = answered(rows, judged)
    thresholds = [every.of(folds != fold).threshold for fold in range(FOLDS)]
    return [
        each.silenced if isinstance(each, AnswerJudged) and -each.told >= thresholds[fold] else each
        for each, fold in zip(judged, folds, strict=True)
    ]


def fitted(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, float]:
    """Give the threshold with its 95 % interval (Efron 1979), for the adapter's settings.

    It is where the share of right answers and that of right silences are highest together; none is given where rows
    are too few or of one kind, or where silence gains nothing.
    """
    every = answered(rows, judged)
    best = every.threshold
    if not np.isfinite(best):
        return {}
    numbers = np.random.default_rng(SEED)
    count = len(every.told)
    resampled = [every.of(numbers.integers(0, count, count)) for _ in range(RESAMPLES)]
    again = [each.threshold for each in resampled if 0 < each.told.sum() < count]
    low, high = (float(np.quantile(np.minimum(again, 0.0), share)) for share in (0.025, 0.975))  # 0: never silent
    return {
        SILENT_FROM: round(best, 4),
        f"{SILENT_FROM}_low": round(low, 4),
        f"{SILENT_FROM}_high": round(high, 4),
        f"{SILENT_FROM}_rows": count,
    }


def best_threshold(doubt: Array, told: Flags, right: Flags, silent: Flags) -> float:
    """Give the threshold of `doubt` that is best for right answers and right silences; infinite where none helps."""
    tried = np.array([*np.unique(doubt), np.inf])[::-1]  # of equal ones the one that is silent less often
    kept_silent = silent | (doubt >= tried[:, None])
    worth = (right & ~kept_silent)[:, told].mean(axis=1) + kept_silent[:, ~told].mean(axis=1)
    return float(tried[int(worth.argmax())])
