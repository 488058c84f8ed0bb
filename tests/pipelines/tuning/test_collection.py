"""Rows are made of what documents say of themselves: headings, definitions, tables."""

from dataclasses import replace

import pytest

from groundsel_pipelines.evaluating.judgments import plain_document
from groundsel_pipelines.tuning.collection import rows_of, sections, with_another_number
from groundsel_pipelines.tuning.rows import ReaderRow, RerankerRow, VerifierRow
from groundsel_pipelines.types import Block, BlockKind, Document

PARTS: tuple[tuple[BlockKind, str], ...] = (
    ("heading", "How much leave do I have?"),
    ("paragraph", "You have 25 days of leave in a year. Ask your lead first."),
    ("heading", "Travel"),
    ("paragraph", "A per diem is a fixed sum for meals on a journey. It is paid with the salary."),
    ("heading", "Rates"),
    ("table", "Country | Hotel | Meals\nFrance | 140 euros | 45 euros\nSpain | 120 euros | 40 euros"),
)


@pytest.fixture
def handbook() -> Document:
    text, blocks = "", []
    for kind, part in PARTS:
        blocks.append(Block(kind=kind, start=len(text), end=len(text) + len(part), level=1))
        text += f"{part}\n\n"
    plain = plain_document("handbook", collection="c", title="Handbook", text=text, language="en")
    return replace(plain, blocks=tuple(blocks))


def test_a_document_is_cut_at_its_headings(handbook: Document) -> None:
    assert [part.heading for part in sections(handbook)] == ["How much leave do I have?", "Travel", "Rates"]


def test_headings_that_ask_definitions_and_cells_become_questions(handbook: Document) -> None:
    rows = [row for row in rows_of([handbook], "reader") if isinstance(row, ReaderRow)]

    asked = {row.question: row.answers[0] for row in rows if row.answerable}
    assert asked["How much leave do I have?"] == "You have 25 days of leave in a year."
    assert asked["What is a per diem?"] == "a fixed sum for meals on a journey"
    assert asked["What is the Hotel of Spain?"] == "120 euros"
    assert all(row.passage[row.start :].startswith(row.answers[0]) for row in rows if row.answerable)


def test_every_question_is_asked_of_a_neighbour_that_does_not_answer(handbook: Document) -> None:
    rows = [row for row in rows_of([handbook], "reader") if isinstance(row, ReaderRow)]

    missed = [row for row in rows if not row.answerable]
    assert {row.question for row in missed} == {row.question for row in rows if row.answerable}


def test_claims_are_supported_contradicted_by_a_number_or_said_elsewhere(handbook: Document) -> None:
    rows = [row for row in rows_of([handbook], "verifier") if isinstance(row, VerifierRow)]

    assert {row.label for row in rows} == {"supported", "contradicted", "neither"}
    assert "You have 27 days of leave in a year." in {row.claim for row in rows if row.label == "contradicted"}


def test_a_heading_asks_for_its_section_among_the_others(handbook: Document) -> None:
    first = next(row for row in rows_of([handbook], "reranker") if isinstance(row, RerankerRow))

    assert first.query == "How much leave do I have?"
    assert first.positive.startswith("You have 25 days")
    assert len(first.negatives) == 2


def test_a_text_without_structure_gives_what_its_sentences_give() -> None:
    plain = plain_document("note", collection="c", title="Note", text="The office is closed in August.", language="en")

    assert [row.id for row in rows_of([plain], "verifier")] == [f"{plain.doc_id}/0/0"]


def test_another_number_is_another() -> None:
    assert with_another_number("It takes 3 days.") == "It takes 5 days."
    assert not with_another_number("It takes days.")
