"""Fits how likely silence must be for an answering model to keep it, on rows that neither train nor decide.

Left to itself a model that was trained on more answers than silences is silent too seldom, though it knows better: how
likely it finds silence tells the one from the other.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.models.adapter_manifest import SILENT_FROM
from groundsel_pipelines.tuning.answer_figures import holds_answer
from groundsel_pipelines.tuning.gate import FEWEST_HELD_OUT
from groundsel_pipelines.tuning.judged import Judged
from groundsel_pipelines.tuning.judged_answers import AnswerJudged
from groundsel_pipelines.tuning.rows import AnswerRow, Row

RESAMPLES: Final = 400
SEED: Final = 20

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def parted(held_out: Sequence[Row], most: int) -> tuple[Sequence[Row], Sequence[Row]]:
    """Part held-out rows into those that decide and those that a threshold is fitted on, `most` of each.

    Where they are too few for both, all of them decide.
    """
    if len(held_out) < 2 * FEWEST_HELD_OUT:
        return held_out[:most], ()
    deciding = min(most, len(held_out) // 2)
    return held_out[:deciding], held_out[deciding : deciding + most]


def fitted(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, float]:
    """Give the threshold with its 95 % interval (Efron 1979), for the adapter's settings.

    It is where the share of right answers and that of right silences are highest together; none is given where rows
    are too few or of one kind, or where silence gains nothing.
    """
    pairs = [
        (row, each)
        for row, each in zip(rows, judged, strict=True)
        if isinstance(row, AnswerRow) and isinstance(each, AnswerJudged)
    ]
    told = np.array([row.cited > 0 for row, _ in pairs], np.bool_)
    if len(pairs) < FEWEST_HELD_OUT or told.all() or not told.any():
        return {}
    right = np.array([holds_answer(each.text, row) for row, each in pairs], np.bool_)
    silent = np.array([not each.text for _, each in pairs], np.bool_)
    doubt = np.array([-each.told for _, each in pairs])
    best = best_threshold(doubt, told, right, silent)
    if not np.isfinite(best):
        return {}
    numbers = np.random.default_rng(SEED)
    picks = [numbers.integers(0, len(told), len(told)) for _ in range(RESAMPLES)]
    again = [
        best_threshold(doubt[pick], told[pick], right[pick], silent[pick])
        for pick in picks
        if 0 < told[pick].sum() < len(told)
    ]
    low, high = (float(np.quantile(np.minimum(again, 0.0), share)) for share in (0.025, 0.975))  # 0: never silent
    return {
        SILENT_FROM: round(best, 4),
        f"{SILENT_FROM}_low": round(low, 4),
        f"{SILENT_FROM}_high": round(high, 4),
        f"{SILENT_FROM}_rows": len(pairs),
    }


def best_threshold(doubt: Array, told: Flags, right: Flags, silent: Flags) -> float:
    """Give the threshold of `doubt` that is best for right answers and right silences; infinite where none helps."""
    tried = np.array([*np.unique(doubt), np.inf])[::-1]  # of equal ones the one that is silent less often
    kept_silent = silent | (doubt >= tried[:, None])
    worth = (right & ~kept_silent)[:, told].mean(axis=1) + kept_silent[:, ~told].mean(axis=1)
    return float(tried[int(worth.argmax())])
