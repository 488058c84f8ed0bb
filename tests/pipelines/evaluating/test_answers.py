"""Answers count as right, refused or false by what was shown, and the risk of showing more is a curve."""

from dataclasses import replace

import pytest

from groundsel_pipelines.evaluating.answers import judge_answers
from groundsel_pipelines.evaluating.judging import carries, f1, holds, is_at
from groundsel_pipelines.evaluating.judgments import Gold, Question
from groundsel_pipelines.types import Citation
from reports import outcome
from small_corpus import EMBEDDER, indexed

UNTOLD = Question(query_id="u", text="who?", status="not_in_documents")


def citation(quote: str, *, doc_id: str = "docs/a", page: int | None = None) -> Citation:
    return Citation(
        marker=1,
        passage_id=f"{doc_id}#0",
        doc_id=doc_id,
        uri="",
        title="",
        quote=quote,
        start=0,
        end=len(quote),
        page=page,
        version=1,
        state="current",
        text_span=(0, 1),
    )


def test_f1_is_the_harmonic_mean_over_words() -> None:
    assert f1("the 27 days of leave", "27 days") == pytest.approx(2 * 2 / (4 + 2))
    assert f1("nothing", "27 days") == 0


def test_an_answer_holds_a_gold_one_only_with_its_words_next_to_one_another() -> None:
    assert holds("They get 27 days.", "27 days")
    assert not holds("27 people, 3 days", "27 days")
    assert not holds("They get 127 days.", "27 days")


def test_a_citation_is_right_by_document_page_and_words() -> None:
    ids = {"a": "docs/a", "b": "docs/b"}

    assert is_at(citation("Staff get 27 days."), Gold(name="a", quote="Staff get 27 days. | 2025"), ids)
    assert not is_at(citation("Staff get lunch."), Gold(name="a", quote="Staff get 27 days."), ids)
    assert not is_at(citation("Staff get 27 days."), Gold(name="b", quote="Staff get 27 days."), ids)
    assert is_at(citation("x", page=8), Gold(name="a", page=7), ids)
    assert not is_at(citation("x", page=9), Gold(name="a", page=7), ids)


def test_what_the_gate_holds_back_is_an_abstention_and_not_an_answer() -> None:
    answers = judge_answers(
        [outcome("1"), outcome("2", confidence=0.2), outcome("u", asked=UNTOLD, confidence=0.8)],
        method="auto",
        threshold=0.5,
    )

    assert answers.scores["false abstentions"] == {"1": 0.0, "2": 1.0}
    assert answers.scores["false answers"] == {"u": 1.0}
    assert answers.scores["right"] == {"1": 1.0, "2": 0.0}


def test_the_curve_answers_the_surest_first_and_counts_what_is_not_right() -> None:
    wrong = Question(query_id="w", text="?", answers=("30 days",))
    answers = judge_answers(
        [
            outcome("w", asked=wrong, confidence=0.6),
            outcome("1", confidence=0.9),
            outcome("n", confidence=0.0, status="not_in_documents"),
            outcome("u", asked=UNTOLD, confidence=0.3),
        ],
        method="auto",
        threshold=0.5,
    )

    assert [(point.threshold, point.coverage, point.risk) for point in answers.curve] == [
        (0.9, 0.25, 0.0),
        (0.6, 0.5, 0.5),
        (0.3, 0.75, pytest.approx(2 / 3)),
    ]
    assert answers.area == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)


def test_figures_of_which_no_question_tells_are_left_out() -> None:
    assert "false answers" not in judge_answers([outcome("1")], method="auto", threshold=0.5).means


def test_the_few_words_that_answer_are_carried_where_they_answer_the_question() -> None:
    """Alone they are near to nothing: a judge who read them so called a third of right answers unsupported."""
    text = "Full-time employees of the company get 27 days of paid annual leave in every calendar year."
    document, passage = indexed("a.md", text).document, indexed("a.md", text).passages[0]
    quoted = replace(citation(text, doc_id=document.doc_id), passage_id=passage.passage_id)
    asked = "How many days of paid annual leave do full-time employees get in every calendar year?"

    def is_carried(said: str, question: str) -> bool:
        held = {document.doc_id: document}
        return carries(quoted, said, {1: passage}, held, EMBEDDER, asked=question)

    assert is_carried("27 days", asked)
    assert not is_carried("27 days", "Which wine goes with cheese?")
    assert not is_carried("28 days", asked)
