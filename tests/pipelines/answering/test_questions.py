"""A question is read for its telling words, its numbers and the kind of answer it wants, in several languages."""

import pytest

from groundsel_pipelines.answering.questions import Kind, kind_of, read_question


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How many days of leave do I get?", "number"),
        ("How much does the Kestrel cost?", "number"),
        ("Above what order value is delivery free of charge?", "number"),
        ("When does unused leave end?", "date"),
        ("In which year was it built?", "date"),
        ("Who approves a request?", "name"),
        ("Why is the sky blue?", "other"),
        ("the show must go on", "other"),
        ("When and by how many days is it late?", "date"),
        ("Combien de jours de congé ?", "number"),
        ("Quand ferme le bureau ?", "date"),
        ("Qui signe le contrat ?", "name"),
        ("Wie viele Tage Urlaub gibt es?", "number"),
        ("Wann schließt das Büro?", "date"),
        ("Wer unterschreibt den Vertrag?", "name"),
    ],
)
def test_the_kind_of_answer_is_known_by_the_asking_words(text: str, kind: Kind) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "language", "stems"),
    [
        ("What is the limit for a hotel in 2026?", "en", {"limit", "hotel", "2026"}),
        ("Quel est le plafond pour un hôtel ?", "fr", {"plafond", "hotel"}),
        ("Wie hoch ist das Budget?", "de", {"hoch", "budg"}),
    ],
)
def test_words_that_only_ask_are_no_subject(text: str, language: str, stems: set[str]) -> None:
    assert read_question(text, language).stems == stems


def test_the_numbers_of_a_question_are_written_in_one_way() -> None:
    assert read_question("Is 1,250.50 paid for twelve months?", "en").numbers == {"1250.5", "12"}


def test_a_question_without_a_telling_word_can_still_be_asked() -> None:
    assert read_question("What is it?", "en").stems == frozenset()
