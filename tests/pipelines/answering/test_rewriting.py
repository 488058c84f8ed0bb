"""A model may rewrite a follow-up question in the words that were said; where it does not, the rules do."""

from collections.abc import Generator
from dataclasses import replace

import anyio
import pytest

from asking import Broken, Hanging, answerer, collected
from fakes import Tuned
from groundsel_pipelines.answering.rewriting import Rewriting, taken
from groundsel_pipelines.protocols import LanguageModel, Prompt
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import AnswerRequest, ResultsFound, Turn
from small_corpus import STAFF, filled, indexed

BEFORE = "What is the warranty of the Heron H2?"
HISTORY = (Turn(role="user", text=BEFORE), Turn(role="assistant", text="The warranty is 24 months. [1]"))
LASTS = "How long does it last?"
WRITTEN = "How long does the warranty of the Heron H2 last?"


def rewritten(model: LanguageModel, text: str = LASTS, *, seconds: float = 5.0) -> str:
    by = Rewriting(rewriters=lambda _collection, _language: model, seconds=seconds)

    async def alone() -> str:
        return await by.standing_alone(text, HISTORY)

    return anyio.run(alone)


class Slow(Tuned):
    """Writes the right question, and does not stop."""

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        yield WRITTEN
        while True:
            yield " and"


def test_a_model_writes_the_question_and_is_shown_the_last_one_with_its_answer() -> None:
    model = Tuned(f" {WRITTEN}")

    assert rewritten(model) == WRITTEN
    assert model.prompts[0].user.splitlines() == [
        f"Question: {BEFORE}",
        "Answer: The warranty is 24 months.",
        f"Question: {LASTS}",
        "Standing alone:",
    ]


def test_a_question_that_stands_alone_is_not_given_to_the_model() -> None:
    model = Tuned("Anything?")

    assert rewritten(model, "What is the hotel limit in London?") == "What is the hotel limit in London?"
    assert not model.prompts


@pytest.mark.parametrize(
    "written",
    [
        "How long does the warranty of the Kestrel K4 last?",  # a name that nobody said
        "How long does the warranty of the Heron H2 not last?",
        "What is the warranty of the Heron H2?",  # not what was asked
        "",
    ],
)
def test_what_adds_or_loses_a_word_is_not_taken(written: str) -> None:
    assert rewritten(Tuned(written)) == rewritten(Tuned())


def test_a_negation_is_not_lost() -> None:
    assert not taken("What is covered by the warranty of the Heron H2?", "What is not covered by it?", HISTORY)


@pytest.mark.parametrize("model", [Broken(), Hanging(), Slow()])
def test_a_model_that_breaks_or_takes_too_long_leaves_it_to_the_rules(model: LanguageModel) -> None:
    try:
        assert rewritten(model, seconds=0.2) == rewritten(Tuned())
    finally:
        if isinstance(model, Hanging):
            model.let_go.set()


def test_results_are_searched_for_the_question_that_the_model_wrote() -> None:
    by = answerer(filled(MemoryStore(), indexed("heron.md", "The warranty of the Heron H2 is 24 months.")))
    by = replace(by, rewriting=Rewriting(rewriters=lambda _collection, _language: Tuned(WRITTEN)))
    request = AnswerRequest(text=LASTS, principals=STAFF, history=HISTORY)

    first = anyio.run(lambda: collected(by.answer(request)))[0]

    assert isinstance(first, ResultsFound)
    assert first.rewritten == WRITTEN


def test_a_model_that_gives_the_question_back_leaves_it_to_the_rules() -> None:
    assert rewritten(Tuned(LASTS)) == rewritten(Tuned()) != LASTS
