"""The language of short business texts is told, and not guessed where there is none."""

import errno
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn

import pytest
from py3langid import modelio
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from groundsel_pipelines import languages
from groundsel_pipelines.languages import detect_language, identifier, likely_languages

if TYPE_CHECKING:
    from collections.abc import Callable


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


@pytest.fixture
def not_loaded() -> None:
    languages.loaded.cache_clear()


@pytest.mark.usefixtures("not_loaded")
def test_threads_that_ask_at_once_load_the_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    load: Callable[[object], object] = modelio.load_model

    def slowly(path: object) -> object:
        begun.append(path)
        time.sleep(0.05)  # long enough for the others to ask as well
        return load(path)

    monkeypatch.setattr(modelio, "load_model", slowly)
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(detect_language, ["The invoice is overdue since the end of May."] * 4))

    assert found == {"en"}
    assert len(begun) == 1


@pytest.mark.usefixtures("not_loaded")
@pytest.mark.parametrize("room", ["enough", "none"])
def test_a_model_whose_tables_lie_in_a_file_says_what_the_library_says(
    monkeypatch: pytest.MonkeyPatch, room: str
) -> None:
    def full(**_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    if room == "none":
        monkeypatch.setattr(languages, "TemporaryFile", full)
    known = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    for text in ("Rechnung überfällig", "How many days of paid leave?", "Combien de jours ?", "4.50"):
        assert identifier().rank(text) == known.rank(text)
    languages.loaded.cache_clear()
