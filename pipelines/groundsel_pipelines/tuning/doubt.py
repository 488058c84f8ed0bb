"""Fits how likely silence must be for an answering model to keep it, on the rows that decide, each fold by the others.

Left to itself a model that was trained on more answers than silences is silent too seldom, though it knows better: how
likely it finds silence tells the one from the other.
"""

from collections.abc import Sequence
from dataclasses import replace
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


def kept_silent(rows: Sequence[Row], judged: Sequence[Judged]) -> list[Judged]:
    """Give what is left where silence is kept.

    The threshold of each fold is fitted on the others, so that no row has a say in its own; rows of one document are
    of one fold.
    """
    documents = {document: at for at, document in enumerate(dict.fromkeys(row.document for row in rows))}
    folds = [documents[row.document] % FOLDS for row in rows]
    found = list(judged)
    for fold in range(FOLDS):
        others = [at for at, each in enumerate(folds) if each != fold]
        settings = fitted([rows[at] for at in others], [judged[at] for at in others], resamples=0)
        for at, each in enumerate(judged):
            if folds[at] == fold and isinstance(each, AnswerJudged) and -each.told >= settings.get(SILENT_FROM, np.inf):
                found[at] = replace(each, text="", shown="", number=0)
    return found


def fitted(rows: Sequence[Row], judged: Sequence[Judged], *, resamples: int = RESAMPLES) -> dict[str, float]:
    """Give the threshold and, by `resamples`, its 95 % interval (Efron 1979), for the adapter's settings.

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
    right = np.array([holds_answer(each.shown, row) for row, each in pairs], np.bool_)
    silent = np.array([not each.text for _, each in pairs], np.bool_)
    doubt = np.array([-each.told for _, each in pairs])
    best = best_threshold(doubt, told, right, silent)
    if not np.isfinite(best):
        return {}
    if not resamples:
        return {SILENT_FROM: best}
    numbers = np.random.default_rng(SEED)
    picks = [numbers.integers(0, len(told), len(told)) for _ in range(resamples)]
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
