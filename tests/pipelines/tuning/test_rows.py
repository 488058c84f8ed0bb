"""Rows are read line by line; what is wrong is named with its line."""

import json
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.tuning.rows import ReaderRow, RerankerRow, Role, VerifierRow, read_rows, write_rows

GOOD = {"question": "How many days?", "passage": "Leave is 25 days.", "answers": ["25 days"], "start": 9}


def written(folder: Path, *lines: object) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8")
    return file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    rows = (
        ReaderRow(id="a", document="d", question="q?", passage="one two", answers=("two",), start=4),
        ReaderRow(id="b", document="d", question="q?", passage="one", answerable=False),
    )
    write_rows(tmp_path / "rows.jsonl", rows)

    assert read_rows(tmp_path / "rows.jsonl", "reader") == rows


def test_the_other_roles_have_rows_of_their_own(tmp_path: Path) -> None:
    claim = VerifierRow(id="a", document="d", claim="c", evidence="e", label="contradicted")
    query = RerankerRow(id="a", document="d", query="q", positive="p", negatives=("n",))
    write_rows(tmp_path / "verifier.jsonl", [claim])
    write_rows(tmp_path / "reranker.jsonl", [query])

    assert read_rows(tmp_path / "verifier.jsonl", "verifier") == (claim,)
    assert read_rows(tmp_path / "reranker.jsonl", "reranker") == (query,)


TOLD = {"question": "q", "evidence": ["Leave is 20 days.", "Ask Ann."], "answers": ["20 days"], "cited": 1}


@pytest.mark.parametrize(
    ("role", "line", "fault"),
    [
        ("reader", "{", "line 2: not JSON"),
        ("reader", "[]", "line 2: not a JSON object"),
        ("reader", {**GOOD, "passage": ""}, "line 2: 'passage' is missing or empty"),
        ("reader", {**GOOD, "text": "x"}, "line 2: 'text' is no key of a reader row"),
        ("reader", {**GOOD, "start": 3}, "line 2: the passage does not hold the answer at 3"),
        ("reader", {**GOOD, "answers": "25 days"}, "line 2: 'answers' is not a list of texts"),
        ("reader", {**GOOD, "start": "9"}, "line 2: 'start' is '9', which is of the wrong type"),
        ("reader", {**GOOD, "answerable": False}, "line 2: `answerable` is False, but there are 1 answers"),
        ("verifier", {"claim": "c", "evidence": "e", "label": "yes"}, "line 2: the label 'yes' is none of"),
        ("reranker", {"query": "q", "positive": "p", "negatives": []}, "line 2: 'negatives' is missing or empty"),
        ("answer", {**TOLD, "cited": 0}, "line 2: `cited` is 0, but there are 1 answers"),
        ("answer", {**TOLD, "cited": 3}, "line 2: `cited` is 3, but there are 2 pieces of evidence"),
        ("answer", {**TOLD, "cited": 2}, "line 2: piece 2 of the evidence does not hold the answer"),
        ("answer", {**TOLD, "evidence": "one"}, "line 2: 'evidence' is not a list of texts"),
        ("summarise", {"evidence": ["a"]}, "line 2: 'summary' is missing or empty"),
        ("rewrite", {"history": ["a"], "question": "q"}, "line 2: 'rewritten' is missing or empty"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, role: Role, line: object, fault: str) -> None:
    good: dict[Role, object] = {
        "reader": GOOD,
        "verifier": {"claim": "c", "evidence": "e", "label": "supported"},
        "reranker": {"query": "q", "positive": "p", "negatives": ["n"]},
        "answer": TOLD,
        "summarise": {"evidence": ["a"], "summary": "s"},
        "rewrite": {"history": ["a"], "question": "q", "rewritten": "r"},
    }

    with pytest.raises(InvalidInput, match=fault.replace("(", r"\(")):
        read_rows(written(tmp_path, good[role], line), role)


def test_an_empty_file_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds no rows"):
        read_rows(written(tmp_path), "reader")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_rows(tmp_path / "absent.jsonl", "reader")
