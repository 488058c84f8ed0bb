"""An answer is in the language of its evidence: a model writes only what it was made to write, else that is quoted."""

from dataclasses import replace

import pytest

from asking import OPEN, answerer, ask, outcome, said
from fakes import ScriptedModel
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import IndexedDocument
from small_corpus import embedded, filled, indexed

ASKED = {
    "en": ("How many days of annual leave do employees get?", "Employees get 25 days of annual leave."),
    "de": ("Wie viele Tage Urlaub bekommen Beschäftigte?", "Beschäftigte bekommen 25 Tage Urlaub im Jahr."),
    "fr": ("Combien de jours de congé ont les salariés ?", "Les salariés ont 25 jours de congé par an."),
    "es": ("¿Cuántos días de vacaciones tienen los empleados?", "Los empleados tienen 25 días de vacaciones al año."),
}


class English(ScriptedModel):
    """Writes English, whatever it is asked."""

    languages = frozenset({"en"})


def document(language: str, text: str) -> IndexedDocument:
    return embedded(replace(indexed("leave.md", text, title="Leave").document, language=language))


@pytest.mark.parametrize("language", ASKED)
def test_a_question_is_answered_in_the_language_of_what_tells_it(language: str) -> None:
    question, text = ASKED[language]
    store = filled(MemoryStore(), document(language, text))
    model = English("Employees get 25 days of annual leave.")

    events = ask(answerer(store, model, gate=OPEN), question)

    assert said(events) == f"{text} [1]"
    assert outcome(events) == ("answered", "generated" if language == "en" else "extractive", None)
    assert len(model.prompts) == (language == "en")


@pytest.mark.parametrize("language", ["de", "und"])
def test_a_model_that_writes_any_language_or_cannot_tell_it_is_asked(language: str) -> None:
    question, text = ASKED["de"]
    model = ScriptedModel(text) if language == "de" else English(text)

    events = ask(answerer(filled(MemoryStore(), document(language, text)), model, gate=OPEN), question)

    assert outcome(events) == ("answered", "generated", None)
