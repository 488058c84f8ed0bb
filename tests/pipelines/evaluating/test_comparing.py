"""A later run passes, fails or is undecided by its interval, and only where both runs are of the same questions."""

from dataclasses import replace
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.comparing import Change, compare, undecided, worse
from groundsel_pipelines.evaluating.report import read_earlier, write_json
from reports import report

GOOD, BAD = [1.0] * 60, [0.5] * 60
MIXED = [1.0, 0.0] * 15


def compared(tmp_path: Path, old: list[float], new: list[float], *, content: str = "same") -> tuple[Change, ...]:
    write_json(report(old, old), tmp_path / "old.json")
    return compare(report(old, new, content=content), read_earlier(tmp_path / "old.json"))


def test_what_is_worse_on_every_question_is_worse(tmp_path: Path) -> None:
    changes = compared(tmp_path, GOOD, BAD)

    assert [each.what for each in worse(changes)] == ["default, nDCG@10"]


def test_what_is_better_or_the_same_passes(tmp_path: Path) -> None:
    for new in (GOOD, BAD):
        changes = compared(tmp_path, BAD, new)
        without_answers = [replace(each, decides=each.what.startswith("default")) for each in changes if each.decides]

        assert worse(changes) == ()
        assert undecided(without_answers) == ""


def test_too_few_questions_decide_nothing_and_the_message_says_how_many_would(tmp_path: Path) -> None:
    changes = compared(tmp_path, MIXED, MIXED[1:] + MIXED[:1])

    assert worse(changes) == ()
    assert "30 questions are too few to decide on default, nDCG@10" in undecided(changes)
    assert "questions would tell" in undecided(changes)


def test_a_dozen_questions_decide_nothing_however_clear_they_look(tmp_path: Path) -> None:
    assert compared(tmp_path, GOOD[:12], BAD[:12])[0].verdict == "undecided"


def test_runs_of_other_documents_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="other documents or questions"):
        compared(tmp_path, GOOD, GOOD, content="other")


@pytest.mark.parametrize(
    ("text", "told"), [("{}", "is no report"), ("[", "is no report"), ('{"format": 0}', "another")]
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "old.json").write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=told):
        read_earlier(tmp_path / "old.json")
