"""The language of short business texts is told, and not guessed where there is none."""

import pytest

from groundsel_pipelines.languages import detect_language, likely_languages


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "How many days of paid leave do employees get?"),
        ("fr", "L'imprimante est au troisième étage."),
        ("de", "Rechnung überfällig"),
        ("es", "Los gastos de viaje se reembolsan en dos semanas."),
        ("it", "Fattura scaduta"),
        ("pt", "Fatura em atraso"),
        ("nl", "Factuur te laat"),
        ("sv", "Försenad faktura"),
    ],
)
def test_short_texts_are_told_apart(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "12 34", "SKU-1234 | 4.50 | 20", "ACME Corp. 12 Main Street"])
def test_too_little_text_is_undetermined(text: str) -> None:
    assert detect_language(text) == "und"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("fr", "Combien de jours de congé par an ?"),
        ("fr", "congés payés"),
        ("de", "Wie viele Urlaubstage gibt es?"),
        ("en", "How many days of annual leave?"),
    ],
)
def test_a_question_is_in_its_own_language_even_where_few_documents_are(language: str, question: str) -> None:
    assert language in likely_languages(question, {"en": 900, "fr": 60, "de": 40})


@pytest.mark.parametrize("question", ["VPN", "CP-16", "annual leave"])
def test_a_question_that_could_be_in_any_language_is_in_that_of_most_documents(question: str) -> None:
    assert likely_languages(question, {"en": 900, "fr": 2, "und": 98}) == {"en"}


def test_where_documents_are_in_one_language_no_question_is_looked_at() -> None:
    assert likely_languages("Combien ?", {"und": 3}) == {"und"}
    assert likely_languages("Combien ?", {}) == set()
