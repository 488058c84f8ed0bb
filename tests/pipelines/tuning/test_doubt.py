"""From how likely silence is an answering model keeps it: fitted where neither training nor deciding looked."""

import numpy as np
import pytest

from groundsel_pipelines.models.adapter_manifest import SILENT_FROM
from groundsel_pipelines.tuning.doubt import fitted, parted
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
    return row, AnswerJudged(text=text, number=1, told=-doubt)


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


def test_rows_that_fit_never_decide_and_few_rows_all_decide() -> None:
    rows = [pair(at, told=True, doubt=-1)[0] for at in range(500)]

    deciding, fitting = parted(rows, 200)

    assert [row.id for row in deciding] == [str(at) for at in range(200)]
    assert [row.id for row in fitting] == [str(at) for at in range(200, 400)]
    assert [len(part) for part in parted(rows[:100], 200)] == [50, 50]
    assert [len(part) for part in parted(rows[:79], 200)] == [79, 0]
