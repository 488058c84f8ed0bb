"""From how likely silence is an answering model keeps it: fitted each fold of the rows that decide by the others."""

from dataclasses import replace

import numpy as np
import pytest

from groundsel_pipelines.models.adapter_manifest import SILENT_FROM
from groundsel_pipelines.tuning.doubt import fitted, kept_silent
from groundsel_pipelines.tuning.judged_answers import AnswerJudged
from groundsel_pipelines.tuning.rows import AnswerRow

Pair = tuple[AnswerRow, AnswerJudged]


def pair(number: int, *, told: bool, doubt: float, text: str = "27 days") -> Pair:
    row = AnswerRow(
        id=str(number),
        document=str(number),
        question="How long is leave?",
        evidence=("Leave is 27 days.",),
        answers=("27 days",) if told else (),
        cited=int(told),
    )
    return row, AnswerJudged(text=text, shown=text, number=1, told=-doubt)


def fit(pairs: list[Pair]) -> dict[str, float]:
    return fitted([row for row, _ in pairs], [judged for _, judged in pairs])


def test_the_threshold_parts_the_told_from_the_untold_and_has_an_interval() -> None:
    numbers = np.random.default_rng(4)
    told = [pair(at, told=True, doubt=float(numbers.normal(-3, 0.5))) for at in range(60)]
    untold = [pair(at, told=False, doubt=float(numbers.normal(-1, 0.5))) for at in range(60, 120)]

    found = fit(told + untold)

    assert -2.5 < found[SILENT_FROM] < -1.5
    assert found[f"{SILENT_FROM}_low"] <= found[SILENT_FROM] <= found[f"{SILENT_FROM}_high"]
    assert found[f"{SILENT_FROM}_rows"] == 120


def test_wrong_answers_are_no_loss_to_silence() -> None:
    right = [pair(at, told=True, doubt=-3) for at in range(30)]
    wrong = [pair(at, told=True, doubt=-2, text="9 days") for at in range(30, 60)]
    untold = [pair(at, told=False, doubt=-2) for at in range(60, 90)]

    assert fit(right + wrong + untold)[SILENT_FROM] == -2


def test_where_silence_gains_nothing_there_is_no_threshold() -> None:
    told = [pair(at, told=True, doubt=-1) for at in range(30)]
    untold = [pair(at, told=False, doubt=-3) for at in range(30, 60)]

    assert fit(told + untold) == {}


@pytest.mark.parametrize("told", [0, 39, 60])
def test_too_few_rows_or_rows_of_one_kind_give_no_threshold(told: int) -> None:
    rows = [pair(at, told=True, doubt=-3) for at in range(told)]
    rows += [pair(at, told=False, doubt=-1) for at in range(told, 60 if told != 39 else 39)]

    assert fit(rows) == {}


def test_no_row_decides_on_its_own_silence() -> None:
    pairs = [pair(at, told=True, doubt=-3) for at in range(60)] + [
        pair(at, told=False, doubt=-1) for at in range(60, 120)
    ]
    odd, *others = pairs[60:]
    judged = [each for _, each in pairs[:60]] + [replace(odd[1], told=5)] + [each for _, each in others]

    kept = kept_silent([row for row, _ in pairs], judged)

    assert [bool(each.text) for each in kept if isinstance(each, AnswerJudged)] == [True] * 61 + [False] * 59


def test_without_a_threshold_nothing_is_kept_silent() -> None:
    pairs = [pair(at, told=True, doubt=-1) for at in range(60)]
    judged = [each for _, each in pairs]

    assert kept_silent([row for row, _ in pairs], judged) == judged
