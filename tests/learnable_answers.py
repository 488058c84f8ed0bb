"""Rows of answers whose question gives away whether they are told: learnt in seconds, and unseen by overlap."""

from random import Random

from groundsel_pipelines.tuning.rows import AnswerRow


def answer_rows(count: int, *, shuffled: bool) -> list[AnswerRow]:
    """Ask for what the piece about the desk tells, or for what no piece does."""
    numbers = Random(1)  # noqa: S311 - no secret
    rows = []
    for number in range(count):
        asked = numbers.choice(("annual", "travel"))
        told = numbers.random() < 0.5 if shuffled else asked == "annual"
        evidence = (f"desk {number}", f"trains {number}")
        rows.append(
            AnswerRow(
                id=f"row{number}",
                document=f"document{number}",
                question=f"desk {asked}",
                evidence=evidence,
                answers=("desk",) if told else (),
                cited=int(told),
            )
        )
    return rows
