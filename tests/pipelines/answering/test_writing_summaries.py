"""A tuned model writes the key points of one stretch after the other, each checked against the sentence it cites."""

from collections.abc import Generator
from dataclasses import replace

import anyio
import pytest

from asking import Broken, answerer, cited, collected, end, in_order, outcome, said
from fakes import Tuned, WordTokens
from groundsel_pipelines.answering.summarising import in_parts, key_sentences
from groundsel_pipelines.answering.summarizer import sentences_of
from groundsel_pipelines.protocols import LanguageModel, Prompt
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import AnswerEvent, SummaryRequest
from small_corpus import EMBEDDER, STAFF, filled, indexed

ANIMALS = ("heron", "otter", "kestrel", "badger", "salmon", "beaver")
ENDINGS = [f"{one}{two}" for one in "xyz" for two in "abcdefghijklmnopqrst"]
SENTENCES = [  # of sixty-eight words: five fill a prompt, six do not
    f"The {animal} probe measures water in {animal} bay, {' '.join(animal + ending for ending in ENDINGS)}."
    for animal in ANIMALS
]
PROBES = indexed("probes.md", "\n\n".join(SENTENCES), title="Probes")


class Copying(Tuned):
    """Writes the first piece of evidence of every prompt, and then what no piece says."""

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        self.prompts.append(prompt)
        first = prompt.user.splitlines()[0].removeprefix("1. ")
        yield f" [1] {first} [1] The shark probe costs 900 euros."


def summary(model: LanguageModel, *, after: int = 0, document: str = "probes.md") -> list[AnswerEvent]:
    by = replace(answerer(filled(MemoryStore(), PROBES)), method="generated", summarisers=lambda _, __: model)
    request = SummaryRequest(principals=STAFF, doc_ids=(f"docs/{document}",), after=after)
    return anyio.run(lambda: collected(by.summarize(request)))


def quotes(events: list[AnswerEvent]) -> list[str]:
    return [each.quote for each in cited(events)]


def test_points_are_written_from_part_after_part_and_what_no_sentence_says_is_dropped() -> None:
    model = Copying()

    events = summary(model)

    assert in_order(events)
    assert len(model.prompts) == 2
    assert quotes(events) == [SENTENCES[0], SENTENCES[5]]
    assert "shark" not in said(events)
    assert outcome(events) == ("partial", "generated", None)
    assert end(events).usage.completion_tokens == 2


def test_a_prompt_names_the_document_and_holds_its_sentences_in_reading_order() -> None:
    model = Copying()

    summary(model)

    lines = model.prompts[0].user.splitlines()
    assert [line.split()[2] for line in lines[:5]] == list(ANIMALS[:5])
    assert lines[5:] == ["Summarise: Probes", "Key points:"]


def test_where_something_is_asked_sentences_are_quoted() -> None:
    model = Copying()
    by = replace(answerer(filled(MemoryStore(), PROBES)), method="generated", summarisers=lambda _, __: model)
    request = SummaryRequest(principals=STAFF, text=f"water in {ANIMALS[3]} bay")

    events = anyio.run(lambda: collected(by.summarize(request)))

    assert SENTENCES[3] in quotes(events)
    assert outcome(events) == ("answered", "extractive", None)
    assert not model.prompts


def test_a_summary_that_broke_off_is_written_again_and_not_said_again() -> None:
    assert quotes(summary(Copying(), after=1)) == [SENTENCES[5]]
    assert cited(summary(Copying(), after=1))[0].marker == cited(summary(Copying()))[1].marker


def test_a_summary_that_was_told_whole_has_no_more() -> None:
    events = summary(Copying(), after=2)

    assert not cited(events)
    assert outcome(events)[:2] == ("partial", "generated")


def test_what_was_said_is_not_said_again() -> None:
    first = SENTENCES[0]
    events = summary(Tuned(f" [1] {first} [1] {first.replace('.', '')}"))

    assert quotes(events) == [first]


@pytest.mark.parametrize(
    ("model", "reason"),
    [(Tuned(" [1] The shark probe costs 900 euros."), "ungrounded"), (Tuned(""), "ungrounded"),
     (Broken(), "model_unavailable")],
)  # fmt: skip
def test_where_nothing_can_be_shown_sentences_are_quoted(model: LanguageModel, reason: str) -> None:
    events = summary(model)

    assert in_order(events)
    assert len(quotes(events)) == 4
    assert outcome(events) == ("answered", "extractive", reason)


def test_parts_hold_every_sentence_once_and_are_no_longer_than_they_may_be() -> None:
    places = sentences_of([PROBES.document], EMBEDDER)
    chosen = key_sentences(places, EMBEDDER, most=6)

    parts = in_parts(chosen, WordTokens(), tokens=150)

    assert [each for part in parts for each in part] == list(chosen)
    assert [len(part) for part in parts] == [2, 2, 2]
