"""Rows are made of what documents say of themselves: headings, definitions, tables."""

from dataclasses import replace
from pathlib import Path

import pytest

from groundsel_pipelines.evaluating.judgments import plain_document
from groundsel_pipelines.tuning.collection import rows_of, sections
from groundsel_pipelines.tuning.conflicting import changed, differing, negated, with_another_number
from groundsel_pipelines.tuning.rows import AnswerRow, ReaderRow, RerankerRow, VerifierRow, read_rows, write_rows
from groundsel_pipelines.types import Block, BlockKind, Document

PARTS: tuple[tuple[BlockKind, str], ...] = (
    ("heading", "How much leave do I have?"),
    ("paragraph", "You have 25 days of leave in a year. Ask your lead first."),
    ("heading", "Travel"),
    ("paragraph", "A per diem is a fixed sum for meals on a journey. It is paid with the salary."),
    ("heading", "Contacts"),
    ("list", "- Hotline: 0117 496 0000\n- Opening hours: 9 to 5\n- a plain item"),
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
    assert [part.heading for part in sections(handbook)] == ["How much leave do I have?", "Travel", "Contacts", "Rates"]


def test_headings_that_ask_definitions_and_cells_become_questions(handbook: Document) -> None:
    rows = [row for row in rows_of([handbook], "reader") if isinstance(row, ReaderRow)]

    asked = {row.question: row.answers[0] for row in rows if row.answerable}
    assert asked["How much leave do I have?"] == "You have 25 days of leave in a year."
    assert asked["What is a per diem?"] == "a fixed sum for meals on a journey"
    assert asked["What is the Hotel of Spain?"] == "120 euros"
    assert asked["What is the Hotline?"] == "0117 496 0000"
    assert asked["What is the opening hours?"] == "9 to 5"
    assert all(row.passage[row.start :].startswith(row.answers[0]) for row in rows if row.answerable)


def test_a_cell_is_found_in_its_own_row_though_it_stands_in_others_as_well(tmp_path: Path) -> None:
    text = "Country | up to 20 kg | Days\nSpain | 22 | 2\nNorway | 21 | 2"
    plain = plain_document("rates", collection="c", title="Rates", text=text, language="en")
    table = replace(plain, blocks=(Block(kind="table", start=0, end=len(text)),))

    rows = {row.question: row for row in rows_of([table], "reader") if isinstance(row, ReaderRow) and row.answerable}
    assert rows["What is the Days of Norway?"].start == len(text) - 1
    answers = list(rows_of([table], "answer"))
    write_rows(tmp_path / "rows.jsonl", answers)
    assert list(read_rows(tmp_path / "rows.jsonl", "answer")) == answers


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
    assert len(first.negatives) == 3


def test_a_text_without_structure_gives_what_its_sentences_give() -> None:
    plain = plain_document("note", collection="c", title="Note", text="The office is closed in August.", language="en")

    assert [row.id.rpartition("/")[2] for row in rows_of([plain], "verifier")] == ["0", "0-negation"]


def test_another_number_is_another() -> None:
    assert with_another_number("It takes 3 days.") == "It takes 5 days."
    assert not with_another_number("It takes days.")
    assert not with_another_number("Version 4.2.1 is out.")


def test_a_question_of_an_answerer_has_the_sentences_of_its_section_or_of_a_neighbour(handbook: Document) -> None:
    rows = [row for row in rows_of([handbook], "answer") if isinstance(row, AnswerRow)]

    first, miss = rows[0], rows[1]
    assert first.evidence == ("You have 25 days of leave in a year.", "Ask your lead first.")
    assert (first.cited, first.answers) == (1, ("You have 25 days of leave in a year.",))
    assert (miss.question, miss.cited, miss.answers) == (first.question, 0, ())
    assert miss.evidence != first.evidence


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("fr", "Une bouée est un flotteur ancré qui porte des sondes.", "Qu’est-ce que une bouée ?"),
        ("de", "Die Kalibrierung ist ein Vergleich mit einer Referenz.", "Was ist die Kalibrierung?"),
        ("es", "La sonda es un instrumento que mide el oxígeno.", "¿Qué es la sonda?"),
    ],
)
def test_a_definition_is_asked_for_in_the_language_of_the_document(language: str, text: str, question: str) -> None:
    plain = plain_document("note", collection="c", title="Note", text=text, language=language)

    assert [row.question for row in rows_of([plain], "reader") if isinstance(row, ReaderRow)] == [question]


def test_a_claim_is_contradicted_by_another_number_name_or_negation() -> None:
    text = "In 2024 the buoy may be used by Anna Kern. It was built for Luc Perrin."
    claim = "In 2024 the buoy may be used by Anna Kern."

    assert dict(changed(claim, text, "en")) == {
        "number": "In 2026 the buoy may be used by Anna Kern.",
        "name": "In 2024 the buoy may be used by Luc Perrin.",
        "negation": "In 2024 the buoy may not be used by Anna Kern.",
    }
    assert negated("It may not be used.") == "It may be used."


def note(name: str, text: str) -> Document:
    return plain_document(name, collection="c", title=name, text=text, language="en")


def test_documents_that_say_the_same_with_other_numbers_contradict_each_other() -> None:
    manual = note("manual", "The Heron can be used down to a depth of 50 metres. It is blue.")
    sheet = note("sheet", "The Heron can be used down to a depth of 60 metres.")
    other = note("other", "The Kestrel can be used down to a depth of 90 metres.")

    rows = list(differing([manual, sheet, other]))

    assert [(row.claim, row.evidence) for row in rows] == [
        ("The Heron can be used down to a depth of 50 metres.", "The Heron can be used down to a depth of 60 metres."),
        ("The Heron can be used down to a depth of 60 metres.", "The Heron can be used down to a depth of 50 metres."),
    ]
    assert {(row.document, row.label) for row in rows} == {(manual.doc_id, "contradicted")}
    assert [row for row in rows_of([manual, sheet, other], "verifier") if row in rows] == rows


def test_the_same_documents_give_the_same_rows(handbook: Document) -> None:
    for role in ("reader", "verifier", "reranker", "answer"):
        assert list(rows_of([handbook], role)) == list(rows_of([handbook], role))
