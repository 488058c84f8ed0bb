"""What a model writes is shown sentence by sentence, checked; where it fails or invents, the evidence is quoted."""

from dataclasses import replace

import anyio
import pytest

from asking import (
    BOARD,
    LEAVE,
    OPEN,
    QUESTION,
    RIGHT,
    WRONG,
    Broken,
    Hanging,
    answerer,
    ask,
    cited,
    collected,
    end,
    in_order,
    outcome,
    said,
)
from fakes import ScriptedModel, Tuned, WordTokens
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.answering.generating import Bulkhead
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import (
    AnswerEvent,
    AnswerRequest,
    ResultsFound,
    TextDelta,
)
from small_corpus import STAFF, filled, indexed


def test_a_supported_sentence_of_the_model_is_shown_with_what_carries_it() -> None:
    model = ScriptedModel("Employees get 25 ", "days of leave.")
    events = ask(answerer(filled(MemoryStore(), LEAVE), model))

    assert in_order(events)
    assert said(events) == "Employees get 25 days of leave. [1]"
    assert outcome(events) == ("answered", "generated", None)
    assert [citation.quote for citation in cited(events)] == [RIGHT]
    assert end(events).usage.completion_tokens == 2


def test_a_sentence_without_support_is_dropped_and_the_answer_is_partial() -> None:
    events = ask(answerer(filled(MemoryStore(), LEAVE), ScriptedModel(f"{WRONG} ", RIGHT)))

    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("partial", "generated", None)


def test_where_nothing_is_supported_the_evidence_is_quoted() -> None:
    events = ask(answerer(filled(MemoryStore(), LEAVE), ScriptedModel(WRONG)))

    assert in_order(events)
    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("answered", "extractive", "ungrounded")


def test_without_a_model_the_evidence_is_quoted() -> None:
    by = replace(answerer(filled(MemoryStore(), LEAVE)), method="generated")

    events = ask(by)

    assert in_order(events)
    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("answered", "extractive", "model_unavailable")


def test_a_model_that_fails_leaves_a_quotation() -> None:
    events = ask(answerer(filled(MemoryStore(), LEAVE), Broken()))

    assert in_order(events)
    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("answered", "extractive", "model_unavailable")


def test_a_model_that_fails_halfway_leaves_what_was_shown() -> None:
    events = ask(answerer(filled(MemoryStore(), LEAVE), Broken(f"{RIGHT} ", "Unused leave ")))

    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("partial", "generated", "model_unavailable")


def test_a_model_that_hangs_leaves_a_quotation_at_the_deadline() -> None:
    model = Hanging()
    by = answerer(filled(MemoryStore(), LEAVE), model, timeout=0.3)

    async def asked() -> list[AnswerEvent]:
        try:
            return await collected(by.answer(AnswerRequest(text=QUESTION, principals=STAFF)))
        finally:
            model.let_go.set()

    events = anyio.run(asked)

    assert in_order(events)
    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("answered", "extractive", "deadline")


def test_while_the_model_is_taken_and_its_queue_full_the_answer_is_skipped() -> None:
    async def asked() -> list[AnswerEvent]:
        bulkhead = Bulkhead(timeout=1.0, slots=1, mean_seconds=2.0)
        by = answerer(filled_here, ScriptedModel(RIGHT), bulkhead=bulkhead)
        async with bulkhead.enter(seconds=1):
            return await collected(by.answer(AnswerRequest(text=QUESTION, principals=STAFF)))

    filled_here = filled(MemoryStore(), LEAVE)
    events = anyio.run(asked)

    assert isinstance(events[0], ResultsFound)
    assert in_order(events)
    assert outcome(events) == ("skipped", "none", "busy")


def test_a_reader_who_leaves_stops_the_model() -> None:
    model = Hanging(f"{RIGHT} ", "Unused ")
    by = answerer(filled(MemoryStore(), LEAVE), model)

    async def leave_after_the_first_sentence() -> None:
        events = by.answer(AnswerRequest(text=QUESTION, principals=STAFF))
        async for event in events:
            if isinstance(event, TextDelta):
                break
        await events.aclose()
        model.let_go.set()
        await anyio.to_thread.run_sync(model.closed.wait, 10)

    anyio.run(leave_after_the_first_sentence)

    assert model.closed.is_set()


def test_the_model_sees_the_best_evidence_first_and_only_what_the_asker_may_see() -> None:
    model = ScriptedModel(RIGHT)
    ask(answerer(filled(MemoryStore(), LEAVE, BOARD), model))

    (prompt,) = model.prompts
    assert prompt.user.splitlines()[1] == RIGHT
    assert "40 days" not in prompt.user


def chosen(by: Answerer, *pieces: str) -> Answerer:
    model = Tuned(*pieces)
    return replace(by, method="generated", writers=lambda _collection, _language: model)


@pytest.mark.parametrize("words", [" [1] 25 days", " [1] 25"], ids=["with their unit", "without their unit"])
def test_the_few_words_of_a_tuned_model_are_shown_in_the_sentence_that_it_cites(words: str) -> None:
    events = ask(chosen(answerer(filled(MemoryStore(), LEAVE)), words))

    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("answered", "extractive", None)
    (citation,) = cited(events)
    assert citation.quote == RIGHT
    assert citation.answer_span
    start, end_of_span = citation.answer_span
    assert citation.quote[start:end_of_span] == "25 days"


def test_words_that_do_not_stand_so_in_what_is_cited_are_shown_as_they_are() -> None:
    events = ask(chosen(answerer(filled(MemoryStore(), LEAVE)), " [1] 25 days leave"))

    assert said(events) == "25 days leave [1]"
    assert outcome(events) == ("answered", "generated", None)


def test_a_few_words_that_nothing_carries_are_not_shown_and_the_evidence_is_quoted() -> None:
    for pieces in (" [1] 90 days", " [7] 25 days", " Not in these documents.", " 25 days"):
        events = ask(chosen(answerer(filled(MemoryStore(), LEAVE)), pieces))

        assert said(events) == f"{RIGHT} [1]"
        assert outcome(events) == ("answered", "extractive", "ungrounded")


def test_a_tuned_model_is_shown_numbered_sentences_and_the_question() -> None:
    model = Tuned(" [1] 25 days")
    by = answerer(filled(MemoryStore(), LEAVE))

    ask(replace(by, method="generated", writers=lambda _collection, _language: model))

    (prompt,) = model.prompts
    assert prompt.user.startswith("1. ")
    assert prompt.user.endswith(f"Question: {QUESTION}\nAnswer:")


class Letters(WordTokens):
    def count(self, text: str) -> int:
        return len(text)


class Spelling(ScriptedModel):
    """Reads letter by letter."""

    tokens = Letters()


def test_the_evidence_of_a_prompt_is_counted_in_the_tokens_of_the_model_that_reads_it() -> None:
    cities = ("Basel", "Bern", "Bonn", "Brest", "Lyon", "Metz", "Nantes", "Paris", "Rennes", "Rome", "Trier", "Turin")
    text = " ".join(f"Annual leave of employees in {city} is granted by the office of {city}." for city in cities)
    reading, spelling = ScriptedModel(RIGHT), Spelling(RIGHT)
    for model in (reading, spelling):
        ask(answerer(filled(MemoryStore(), indexed("cities.md", text)), model, gate=OPEN))

    assert len(spelling.prompts[0].user) < 600 < len(reading.prompts[0].user)
