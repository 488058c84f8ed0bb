"""`groundsel eval --role` gives figures with intervals, of a model or of what can be had without one."""

import json
from pathlib import Path

import pytest

from groundsel_pipelines.commands.roles import evaluate_role
from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.settings import ModelSettings, Settings
from groundsel_pipelines.tuning.rows import Label, ReaderRow, VerifierRow, write_rows


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models=ModelSettings(folder=tmp_path / "models"))


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    """Write twenty claims that their evidence holds, and twenty that share no word with it."""
    file = tmp_path / "claims.jsonl"
    evidence = "Employees have 25 days of annual leave."
    told: tuple[tuple[str, Label], ...] = (("25 days of leave", "supported"), ("Trains are booked early", "neither"))
    rows = [
        VerifierRow(id=f"{number}", document=f"{number}", claim=claim, evidence=evidence, label=label)
        for number in range(20)
        for claim, label in told
    ]
    write_rows(file, rows)
    return file


def test_a_baseline_is_measured_without_any_model(
    claims: Path, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    evaluate_role(claims, "verifier", settings, model="overlap", baseline="", json_file=out)

    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["rows"] == 40
    assert told["figures"]["overlap"]["balanced accuracy"]["mean"] == 1
    assert "balanced accuracy" in capsys.readouterr().out


def test_a_baseline_that_there_is_not_is_refused_before_anything_is_judged(
    claims: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnknownName, match="no baseline 'nonsense': it is one of cosine, overlap, rule, typed, or"):
        evaluate_role(claims, "verifier", settings, model="overlap", baseline="nonsense", json_file=None)
    assert capsys.readouterr().out == ""


def test_a_gain_is_told_row_by_row(claims: Path, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    evaluate_role(claims, "verifier", settings, model="overlap", baseline="overlap", json_file=out)

    assert json.loads(out.read_text(encoding="utf-8"))["gains"]["balanced accuracy"]["mean"] == 0


def test_an_unknown_role_an_absent_model_and_rows_of_another_role_are_refused(
    claims: Path, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="no role 'poet' is known; known are reader, verifier, reranker"):
        evaluate_role(claims, "poet", settings, model="", baseline="", json_file=None)
    with pytest.raises(UnknownName, match="groundsel models pull verifier-en"):
        evaluate_role(claims, "verifier", settings, model="", baseline="", json_file=None)
    with pytest.raises(InvalidInput, match="line 1: 'claim' is no key of a reader row"):
        evaluate_role(claims, "reader", settings, model="overlap", baseline="", json_file=None)
    one = tmp_path / "one.jsonl"
    write_rows(one, [VerifierRow(id="a", document="a", claim="c", evidence="e", label="supported")])
    with pytest.raises(InvalidInput, match="of one class"):
        evaluate_role(one, "verifier", settings, model="overlap", baseline="", json_file=None)


def test_a_reader_is_held_against_quoting_a_sentence(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "questions.jsonl"
    passage = "Trains are booked early. Annual leave is 25 days."
    answered = ReaderRow(id="a", document="a", question="How long is leave?", passage=passage, answers=("25 days",))
    missed = ReaderRow(id="b", document="b", question="Who pays meals?", passage=passage, answerable=False)
    write_rows(file, [answered, missed] * 2)

    evaluate_role(file, "reader", settings, model="overlap", baseline="", json_file=None)

    told = capsys.readouterr().out
    assert "F1" in told
    assert "answerability AUROC          1.000" in told
