"""The figures of the role `answer`: right where the evidence tells it, silent where it does not, cited, verbatim."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.evaluating.judging import f1, holds
from groundsel_pipelines.tuning.judged_answers import AnswerJudged
from groundsel_pipelines.tuning.rows import AnswerRow
from groundsel_pipelines.tuning.statistics import area, balanced

Array = npt.NDArray[np.float64]


def answer_figures(pairs: Sequence[tuple[AnswerRow, AnswerJudged]]) -> dict[str, Array]:
    """Give each figure's numbers, one a row: no number where the model was silent and only what it says counts."""
    told = [(row, each) for row, each in pairs if row.cited]
    untold = [each for row, each in pairs if not row.cited]
    found = {
        "F1": [max(f1(each.text, answer) for answer in row.answers) for row, each in told],
        "holds gold": [holds_answer(each.shown, row) for row, each in told],
        "citation right": [_cited(row, each) if each.text else math.nan for row, each in told],
        "verbatim": [
            any(each.text in piece for piece in row.evidence) if each.text else math.nan for row, each in pairs
        ],
        "refused wrongly": [not each.text for _, each in told],
        "refused rightly": [not each.text for each in untold],
        "words": [len(each.shown.split()) if each.shown else math.nan for _, each in pairs],
    }
    figures = {name: np.array(values, np.float64) for name, values in found.items() if values}
    if told and untold:
        answerable = np.array([row.cited > 0 for row, _ in pairs])
        right = np.array([holds_answer(each.shown, row) if row.cited else not each.text for row, each in pairs])
        figures["right or silent"] = balanced(right, answerable.astype(int))
        figures["answerability AUROC"] = area(np.array([each.told for _, each in pairs]), answerable)
    return figures


def holds_answer(text: str, row: AnswerRow) -> bool:
    """Say whether a text holds an accepted answer word by word; an empty one does not."""
    return any(holds(text, answer) for answer in row.answers)


def _cited(row: AnswerRow, each: AnswerJudged) -> bool:
    """Say whether the piece that is cited holds an accepted answer; it may stand in several."""
    return 0 < each.number <= len(row.evidence) and holds_answer(row.evidence[each.number - 1], row)
