"""`groundsel eval` over real models: the demo company, twice the same, gated, and refused where it cannot be right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

COMPANY = Path(__file__).parents[2] / "examples" / "demo-company"


def evaluate(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "groundsel_pipelines", "eval", *arguments]
    return subprocess.run(command, cwd=home, check=False, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    kept = json.dumps(str(folder / "evaluations"))
    (folder / "groundsel.toml").write_text(f"[evaluation]\nfolder = {kept}\n", encoding="utf-8")
    first = evaluate(folder, str(COMPANY), "--limit", "40", "--json", "first.json", "--html", "first.html")
    assert first.returncode == 0, first.stderr
    return folder


def test_the_demo_company_is_found_and_answered_well(home: Path) -> None:
    report = json.loads((home / "first.json").read_text(encoding="utf-8"))

    assert report["relevance"]["means"][report["relevance"]["default"]]["nDCG@10"]["mean"] >= 0.9
    assert report["answers"]["means"]["share supported"]["mean"] == 1.0
    assert report["answers"]["misquoted"] == 0
    assert "<svg" in (home / "first.html").read_text(encoding="utf-8")


def test_a_second_run_gives_the_same_numbers_and_passes_the_gate(home: Path) -> None:
    gated = ("--compare", "first.json", "--gate")
    second = evaluate(home, str(COMPANY), "--limit", "40", "--json", "second.json", *gated)

    assert second.returncode == 0, second.stderr
    assert "No worse." in second.stderr
    first, again = (json.loads((home / name).read_text(encoding="utf-8")) for name in ("first.json", "second.json"))
    assert first["relevance"] == again["relevance"]
    assert first["answers"]["scores"] == again["answers"]["scores"]
    assert first["answers"]["curve"] == again["answers"]["curve"]


def test_a_gate_over_ten_questions_is_undecided(home: Path) -> None:
    few = evaluate(home, str(COMPANY), "--limit", "10", "--answers", "0", "--compare", "first.json", "--gate")

    assert few.returncode == 2
    assert "questions are too few to decide" in few.stderr


def test_a_question_about_a_document_that_may_not_be_seen_is_named_with_its_line(home: Path, tmp_path: Path) -> None:
    row = {"id": "x", "question": "What is planned?", "doc_id": "board/acquisition-strategy.docx"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "documents").symlink_to(COMPANY / "documents", target_is_directory=True)

    refused = evaluate(home, str(tmp_path))

    assert refused.returncode == 1
    assert "questions.jsonl, line 1: 0 documents are called 'board/acquisition-strategy.docx'" in refused.stderr
