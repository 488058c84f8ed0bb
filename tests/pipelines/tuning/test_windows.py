"""Passages are cut around their answers, and near misses are made by taking the answer away."""

from random import Random

from groundsel_pipelines.tuning.rows import ReaderRow
from groundsel_pipelines.tuning.windows import vary, window, without_answer


def numbers(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - no secret


SENTENCES = [f"Sentence number {number} tells of matter {number} and of nothing besides it." for number in range(40)]
PASSAGE = " ".join(SENTENCES)
ROW = ReaderRow(
    id="r",
    document="d",
    question="Which matter?",
    passage=PASSAGE,
    answers=("matter 17",),
    start=PASSAGE.index("matter 17"),
)


def test_a_window_holds_its_answer_at_the_place_it_says() -> None:
    for seed in range(50):
        cut = window(ROW, 30, numbers(seed))
        assert len(cut.passage.split()) == 30
        assert cut.passage[cut.start :].startswith("matter 17")


def test_a_short_passage_and_a_long_answer_stay_whole() -> None:
    assert window(ROW, 5000, numbers(1)) == ROW
    long = ReaderRow(id="r", document="d", question="q", passage=PASSAGE, answers=(PASSAGE[:500],), start=0)
    assert window(long, 20, numbers(1)) == long


def test_taking_the_answer_away_leaves_a_question_without_one() -> None:
    missing = without_answer(ROW)

    assert missing is not None
    assert not missing.answerable
    assert not missing.answers
    assert "matter 17" not in missing.passage
    assert "matter 16" in missing.passage


def test_nothing_is_left_of_a_single_sentence() -> None:
    assert without_answer(ReaderRow(id="r", document="d", question="q", passage="It is red.", answers=("red",))) is None


def test_the_same_number_varies_in_the_same_way() -> None:
    rows = [ROW] * 30

    assert list(vary(rows, numbers(4))) == list(vary(rows, numbers(4)))
    assert any(not row.answerable for row in vary(rows, numbers(4)))
