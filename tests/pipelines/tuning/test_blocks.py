"""Blocks: questions share a few sentences, keep their answer where it is shown, and have none where it is not."""

from dataclasses import replace
from random import Random

from groundsel_pipelines.tuning.blocks import in_blocks
from groundsel_pipelines.tuning.rows import AnswerRow

NUMBERS = Random  # of a seed; no secrets
SENTENCES = (
    "Leave is 20 days.",
    "The desk is on floor 3.",
    "Pay comes on the 25th.",
    "Trains leave early.",
    "Ask Ann.",
)
ANSWERS = ("20 days", "floor 3", "the 25th", "early", "Ann")


def rows() -> list[AnswerRow]:
    return [
        AnswerRow(
            id=f"row{number}",
            document="handbook",
            question=f"question {number}",
            evidence=SENTENCES,
            answers=(answer,),
            cited=number,
        )
        for number, answer in enumerate(ANSWERS, 1)
    ]


def test_every_question_is_answered_once_from_a_sentence_that_is_shown() -> None:
    blocks = list(in_blocks(rows(), NUMBERS(1)))

    told = [row for row in blocks if row.cited]
    assert sorted(row.id for row in told) == [row.id for row in rows()]
    assert all(row.answers[0] in row.evidence[row.cited - 1] for row in told)
    assert all(2 <= len(row.evidence) <= 5 for row in blocks)


def test_what_is_not_told_is_shown_nowhere_in_its_block() -> None:
    blocks = list(in_blocks(rows(), NUMBERS(1)))

    untold = [row for row in blocks if not row.cited]
    assert untold
    for row in untold:
        answer = ANSWERS[int(row.id[3]) - 1]
        assert not row.answers
        assert not any(answer in piece for piece in row.evidence)


def test_a_lone_question_is_asked_again_without_its_sentence() -> None:
    lone = [replace(rows()[0], document=f"page {number}") for number in range(40)]

    blocks = list(in_blocks(lone, NUMBERS(2)))

    assert 5 <= sum(not row.cited for row in blocks) <= 25
    assert not any(SENTENCES[0] in row.evidence for row in blocks if not row.cited)


def test_the_same_number_gives_the_same_blocks() -> None:
    assert list(in_blocks(rows(), NUMBERS(3))) == list(in_blocks(rows(), NUMBERS(3)))
