"""Conversations made of single questions: what is left to a pronoun is what the question named."""

from random import Random

from groundsel_pipelines.tuning.conversations import in_conversations
from groundsel_pipelines.tuning.rows import RewriteRow

NUMBERS = Random  # of a seed; no secrets


def question(number: int, text: str, subject: str = "Warsaw") -> RewriteRow:
    return RewriteRow(
        id=str(number), document=subject, history=(text, f"answer {number}"), question=text, rewritten=text
    )


WARSAW = [
    question(1, "When was Warsaw founded?"),
    question(2, "How large is Warsaw's centre?"),
    question(3, "Who wrote the first map?"),
]


def test_a_follow_up_leaves_out_what_the_question_before_names() -> None:
    found = list(in_conversations(WARSAW * 3, NUMBERS(1)))

    leaning = [row for row in found if row.question != row.rewritten]
    assert leaning
    for row in leaning:
        assert "Warsaw" in row.rewritten
        assert "Warsaw" not in row.question
        assert "Warsaw" in row.history[0] != row.rewritten


def test_a_possessive_stays_one() -> None:
    found = in_conversations(WARSAW * 3, NUMBERS(2))

    asked = {row.question for row in found if row.id == "2"}
    assert asked <= {"How large is its centre?", "How large is their centre?"}


def test_a_question_that_names_nothing_is_left_as_it_is() -> None:
    found = in_conversations(WARSAW * 10, NUMBERS(3))

    assert {row.question for row in found if row.id == "3"} == {"Who wrote the first map?"}


def test_a_conversation_that_someone_had_stays_as_it_is() -> None:
    had = RewriteRow(
        id="4",
        document="Lyon",
        history=("Is Lyon old?", "Yes."),
        question="And large?",
        rewritten="Is Lyon large?",
    )

    assert list(in_conversations([had], NUMBERS(1))) == [had]


def test_a_lone_question_makes_no_conversation() -> None:
    assert not list(in_conversations(WARSAW[:1], NUMBERS(1)))
