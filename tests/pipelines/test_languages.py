"""The language of short business texts is told, and not guessed where there is none."""

import pytest

from groundsel_pipelines.languages import detect_language


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
