"""The demo company is what its description says: enough documents of every kind, and questions that fit them."""

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

COMPANY = Path(__file__).parents[2] / "examples" / "demo-company"
DOCUMENTS = COMPANY / "documents"
FIELDS = {"id", "question", "language", "answerable", "status", "doc_id", "quote", "answer"}
TEXT = {".md", ".txt", ".csv", ".eml", ".html"}


def documents() -> list[Path]:
    return [file for file in DOCUMENTS.rglob("*") if file.is_file() and file.name != "access.toml"]


def questions() -> list[dict[str, object]]:
    lines = (COMPANY / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_sixty_documents_and_each_format_several_times() -> None:
    kinds = Counter(file.suffix for file in documents())

    assert kinds.total() >= 60
    assert set(kinds) == TEXT | {".pdf", ".docx", ".xlsx", ".pptx"}
    assert min(kinds.values()) >= 4


def test_there_are_sixty_answerable_twenty_unanswerable_and_five_conflicting_questions() -> None:
    counts = Counter(str(question["status"]) for question in questions())

    assert counts == {"answered": 60, "not_in_documents": 20, "conflicting": 5}
    assert all(set(question) == FIELDS for question in questions())
    assert len({question["id"] for question in questions()}) == len(questions())


def test_every_language_has_its_questions() -> None:
    languages = Counter(str(question["language"]) for question in questions() if question["answerable"])

    assert languages["en"] >= 30
    assert min(languages["fr"], languages["de"]) >= 10


@pytest.mark.parametrize("question", [each for each in questions() if each["answerable"]], ids=lambda each: each["id"])
def test_the_quoted_document_is_there(question: dict[str, object]) -> None:
    file = DOCUMENTS / str(question["doc_id"])

    assert file.is_file()
    if file.suffix in TEXT - {".csv"} and " | " not in str(question["quote"]):
        assert str(question["quote"]) in " ".join(file.read_text(encoding="utf-8").replace("*", "").split())


def test_some_documents_are_for_one_group_only_and_every_rule_fits_a_file() -> None:
    rules = tomllib.loads((DOCUMENTS / "access.toml").read_text(encoding="utf-8"))["rule"]

    assert any(rule["allowed"] == ["group:board"] for rule in rules)
    assert all(list(DOCUMENTS.glob(pattern)) for rule in rules for pattern in rule["files"])


def test_every_made_file_has_its_content_beside_it() -> None:
    made = {file.relative_to(DOCUMENTS) for file in documents() if file.suffix not in TEXT}
    content = {file.relative_to(COMPANY / "content").with_suffix("") for file in COMPANY.glob("content/**/*.md")}

    assert made == content
