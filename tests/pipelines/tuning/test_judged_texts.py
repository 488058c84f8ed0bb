"""Summaries and rewritten questions: what a model writes is read without its numbers and held to the reference."""

from fakes import Tuned
from groundsel_pipelines.tuning.figures import figures
from groundsel_pipelines.tuning.judged import by_language_model, by_rules
from groundsel_pipelines.tuning.rows import RewriteRow, SummariseRow
from groundsel_pipelines.tuning.sequences import texts_of

SUMMARY = SummariseRow(
    id="s",
    document="d",
    evidence=("Leave is 20 days a year.", "The desk is on floor 3.", "Ann leads the team."),
    title="Handbook",
    summary="The desk is on floor 3. Ann leads the team.",
)
ASKED = RewriteRow(
    id="r",
    document="d",
    history=("When was Warsaw founded?", "1300"),
    question="How large is it?",
    rewritten="How large is Warsaw?",
)


def test_the_pieces_that_a_summary_stands_for_are_learnt_with_their_numbers() -> None:
    assert texts_of(SUMMARY).answer == " [2] The desk is on floor 3. [3] Ann leads the team."


def test_a_summary_is_judged_without_its_numbers() -> None:
    judged = by_language_model(Tuned(texts_of(SUMMARY).answer), [SUMMARY], lambda *_: None)

    found = {name: float(values[0]) for name, values in figures("summarise", [SUMMARY], judged).items()}
    assert found["ROUGE-L"] == found["ROUGE-2"] == 1
    assert found["supported"] == 1
    assert found["words"] == 10


def test_a_sentence_that_no_piece_carries_is_counted() -> None:
    judged = by_language_model(Tuned(" [1] Leave is 30 days. [3] Ann leads the team."), [SUMMARY], lambda *_: None)

    assert figures("summarise", [SUMMARY], judged)["supported"].tolist() == [0.5]


def test_a_rewritten_question_is_right_or_not() -> None:
    model = Tuned(" How large is Warsaw?")
    judged = by_language_model(model, [ASKED], lambda *_: None)

    assert figures("rewrite", [ASKED], judged)["restored"].tolist() == [1]
    assert model.prompts[0].user.split("\n") == [
        "Question: When was Warsaw founded?",
        "Answer: 1300",
        "Question: How large is it?",
        "Standing alone:",
    ]


def test_rules_are_a_baseline_that_costs_nothing() -> None:
    summary, question = by_rules([SUMMARY, ASKED])

    assert getattr(summary, "text", "") == "Leave is 20 days a year. The desk is on floor 3."
    assert getattr(question, "text", "")
