"""An answer is results, then checked or quoted sentences that each cite stored text, then exactly one end."""

import threading
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ScriptedModel
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.answering.gate import Gate
from groundsel_pipelines.answering.generating import Bulkhead
from groundsel_pipelines.errors import AccessDenied, InvalidInput, Unavailable, UnknownName
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.protocols import LanguageModel, Prompt
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import (
    AnswerEvent,
    AnswerRequest,
    Citation,
    Document,
    Failure,
    Finish,
    ResultsFound,
    Source,
    SummaryRequest,
    TextDelta,
)
from small_corpus import EMBEDDER, STAFF, filled, indexed, of_date

LEAVE = indexed("leave.md", "Employees get 25 days of annual leave. Unused leave ends in March.", title="Leave")
TRAVEL = indexed("travel.md", "Trains are booked in second class. Ask before a flight.", title="Travel")
BOARD = indexed("board.md", "Directors get 40 days of annual leave.", allowed=frozenset({"group:board"}))
QUESTION = "How many days of annual leave do employees get?"
POLICY = indexed(
    "policy.md",
    "# Leave\n\nSee below.\n\n"
    "All employees receive twenty-five paid working days of leave every calendar year.\n\n"
    "Managers approve requests for long absences within two working weeks.\n",
    title="Leave policy",
)
JOURNEYS = indexed("journeys.md", "Long train journeys are always booked in second class by the travel office.")
WORDS_DECIDE = Gate(intercept=-1, weights={"overlap": 2}, threshold=0.5)  # half of the question's words are enough
OPEN = Gate(intercept=1, weights={}, threshold=0)
RIGHT = "Employees get 25 days of annual leave."
WRONG = "Employees get 90 days of annual leave."


class Broken(ScriptedModel):
    """Says its lines, then breaks."""

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        yield from super().generate(prompt, max_tokens=max_tokens)
        raise Unavailable("out of memory")


class Hanging(ScriptedModel):
    """Says its lines, then nothing, until it is let go."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(*pieces)
        self.let_go = threading.Event()
        self.closed = threading.Event()

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        try:
            yield from super().generate(prompt, max_tokens=max_tokens)
            self.let_go.wait()
            yield "Too late."
        finally:
            self.closed.set()


class Vanishing(MemoryStore):
    """Gives a document once; then it reads otherwise, or is gone."""

    instead: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.given: set[str] = set()

    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        document = await super().read(doc_id, principals=principals)
        if document is None or doc_id not in self.given:
            self.given.add(doc_id)
            return document
        return None if self.instead is None else replace(document, text=self.instead)


class Changing(Vanishing):
    instead = "This text is another one."


class Unreadable(MemoryStore):
    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        raise Unavailable("the disk is gone")


def answerer(
    store: MemoryStore,
    model: LanguageModel | None = None,
    *,
    gate: Gate = WORDS_DECIDE,
    timeout: float = 20.0,
    bulkhead: Bulkhead | None = None,
) -> Answerer:
    searcher = Searcher(store=store, embedder=EMBEDDER, fusion=min_max_linear)
    return Answerer(
        searcher=searcher,
        store=store,
        embedder=EMBEDDER,
        language_model=model,
        method="generated" if model else "auto",
        timeout=timeout,
        gate=gate,
        bulkhead=bulkhead or Bulkhead(timeout=20.0),
    )


async def collected(events: AsyncGenerator[AnswerEvent]) -> list[AnswerEvent]:
    return [event async for event in events]


def ask(by: Answerer, text: str = QUESTION, principals: frozenset[str] = STAFF) -> list[AnswerEvent]:
    request = AnswerRequest(text=text, principals=principals)
    return anyio.run(lambda: collected(by.answer(request)))


def summarize(by: Answerer, *doc_ids: str, text: str = "") -> list[AnswerEvent]:
    request = SummaryRequest(principals=STAFF, doc_ids=doc_ids, text=text)
    return anyio.run(lambda: collected(by.summarize(request)))


def said(events: list[AnswerEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def cited(events: list[AnswerEvent]) -> list[Citation]:
    return [event for event in events if isinstance(event, Citation)]


def end(events: list[AnswerEvent]) -> Finish:
    assert isinstance(events[-1], Finish)
    return events[-1]


def outcome(events: list[AnswerEvent]) -> tuple[str, str, str | None]:
    finish = end(events)
    return finish.status, finish.method, finish.reason


def in_order(events: list[AnswerEvent]) -> bool:
    """Say whether the events follow the one grammar of an answer."""
    letters = {ResultsFound: "r", Source: "s", TextDelta: "t", Citation: "c", Finish: "f", Failure: "f"}
    word = "".join(letters[type(event)] for event in events)
    body = word[1:-1].lstrip("s")
    sentences = body.split("t")
    return (
        word[0] == "r"
        and word[-1] == "f"
        and sentences[0] == ""
        and all(sentence and set(sentence) == {"c"} for sentence in sentences[1:])
    )


def test_an_answer_quotes_the_best_sentence_with_its_place() -> None:
    events = ask(answerer(filled(MemoryStore(), TRAVEL, LEAVE)))

    assert in_order(events)
    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("answered", "extractive", None)
    (citation,) = cited(events)
    assert (citation.doc_id, citation.title, citation.quote) == ("docs/leave.md", "Leave", RIGHT)
    assert LEAVE.document.text[citation.start : citation.end] == citation.quote
    assert said(events)[slice(*citation.text_span)] == "[1]"
    assert set(end(events).took_ms) == {"results", "first_sentence", "done"}


def test_what_the_documents_do_not_tell_is_not_answered_but_results_are_shown() -> None:
    events = ask(answerer(filled(MemoryStore(), TRAVEL, LEAVE)), "What is the capital of Mongolia?")

    assert [type(event) for event in events] == [ResultsFound, Finish]
    assert outcome(events) == ("not_in_documents", "none", None)


def test_nothing_indexed_is_nothing_told() -> None:
    assert outcome(ask(answerer(MemoryStore(), gate=OPEN))) == ("not_in_documents", "none", None)


def test_others_documents_are_not_quoted() -> None:
    store = filled(MemoryStore(), BOARD, LEAVE)

    assert {citation.doc_id for citation in cited(ask(answerer(store, gate=OPEN), "annual leave"))} == {"docs/leave.md"}
    board = ask(answerer(store), "How many days of annual leave do directors get?", frozenset({"group:board"}))
    assert said(board) == "Directors get 40 days of annual leave. [1]"


@pytest.mark.parametrize(
    ("text", "principals", "error"), [("  ", STAFF, InvalidInput), (QUESTION, frozenset(), AccessDenied)]
)
def test_what_cannot_be_asked_is_refused_before_the_first_event(
    text: str, principals: frozenset[str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(answerer(filled(MemoryStore(), LEAVE)), text, principals)


@pytest.mark.parametrize("store", [Vanishing, Changing])
def test_a_sentence_that_no_longer_stands_where_it_stood_is_not_shown(store: type[MemoryStore]) -> None:
    events = ask(answerer(filled(store(), LEAVE)))

    assert (said(events), cited(events)) == ("", [])
    assert outcome(events) == ("not_in_documents", "none", None)


def test_what_breaks_after_the_results_is_the_last_event() -> None:
    events = ask(answerer(filled(Unreadable(), LEAVE)))

    assert isinstance(events[0], ResultsFound)
    assert events[1:] == [Failure(code="Unavailable", detail="the disk is gone")]


def test_documents_that_contradict_each_other_are_both_quoted_the_newer_one_first() -> None:
    old = of_date(indexed("old.md", RIGHT, title="Leave"), datetime(2020, 1, 1, tzinfo=UTC))
    new = of_date(indexed("new.md", RIGHT.replace("25", "28"), title="Leave"), datetime(2026, 1, 1, tzinfo=UTC))

    events = ask(answerer(filled(MemoryStore(), old, new)))

    assert in_order(events)
    assert outcome(events) == ("conflicting", "extractive", None)
    assert [citation.doc_id for citation in cited(events)] == ["docs/new.md", "docs/old.md"]
    assert said(events) == f"{RIGHT.replace('25', '28')} [1] {RIGHT} [2]"


# ---------------------------------------------------------------- what a model writes


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
        bulkhead = Bulkhead(timeout=1.0, mean_seconds=2.0)
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


# ---------------------------------------------------------------- summaries


def test_a_document_is_summarised_by_its_own_sentences() -> None:
    events = summarize(answerer(filled(MemoryStore(), POLICY, TRAVEL)), "docs/policy.md")

    assert in_order(events)
    assert outcome(events) == ("answered", "extractive", None)
    assert [citation.quote for citation in cited(events)] == [
        "All employees receive twenty-five paid working days of leave every calendar year.",
        "Managers approve requests for long absences within two working weeks.",
    ]


def test_the_results_of_a_search_are_summarised_together() -> None:
    events = summarize(answerer(filled(MemoryStore(), POLICY, JOURNEYS, BOARD)), text="leave or travel")

    assert isinstance(events[0], ResultsFound)
    assert events[0].results.total == 2
    assert {citation.doc_id for citation in cited(events)} == {"docs/policy.md", "docs/journeys.md"}


def test_a_generated_summary_is_checked_like_an_answer() -> None:
    events = summarize(answerer(filled(MemoryStore(), LEAVE), ScriptedModel(f"{WRONG} ", RIGHT)), "docs/leave.md")

    assert said(events) == f"{RIGHT} [1]"
    assert outcome(events) == ("partial", "generated", None)


def test_an_empty_document_has_no_summary() -> None:
    by = answerer(filled(MemoryStore(), indexed("empty.md", "")))

    assert outcome(summarize(by, "docs/empty.md")) == ("not_in_documents", "none", None)


@pytest.mark.parametrize("doc_id", ["docs/none.md", "docs/board.md"])
def test_unknown_and_hidden_documents_are_not_told_apart(doc_id: str) -> None:
    with pytest.raises(UnknownName, match=f"there is no document '{doc_id}'"):
        summarize(answerer(filled(MemoryStore(), LEAVE, BOARD)), doc_id)


@pytest.mark.parametrize(("doc_ids", "text"), [((), ""), (("docs/leave.md",), "leave")])
def test_a_summary_needs_either_documents_or_a_search(doc_ids: tuple[str, ...], text: str) -> None:
    with pytest.raises(InvalidInput, match="either"):
        summarize(answerer(filled(MemoryStore(), LEAVE)), *doc_ids, text=text)


# ---------------------------------------------------------------- for any text

WORDS = st.sampled_from(["leave", "annual", "days", "Ann", "25", "1,250", "§", "é", "\u2003", "🌱", "Dr.", "not"])
SENTENCES = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: " ".join(words) + ".")
TEXTS = st.lists(st.tuples(SENTENCES, st.sampled_from([" ", "\n", "\n\n", "\r\n"])), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=4),
    question=st.lists(WORDS, min_size=1, max_size=5).map(" ".join).filter(str.strip),
    lines=st.none() | st.lists(SENTENCES, max_size=3),
)
def test_every_quote_is_the_stored_text_and_every_marker_stands_in_the_answer(
    texts: list[list[tuple[str, str]]], question: str, lines: list[str] | None
) -> None:
    documents = [indexed(f"{number}.md", "".join(map("".join, text))) for number, text in enumerate(texts)]
    model = None if lines is None else ScriptedModel(*(f"{line} " for line in lines))
    stored = {each.document.doc_id: each.document for each in documents}

    events = ask(answerer(filled(MemoryStore(), *documents), model, gate=OPEN), question)

    assert in_order(events)
    sources = {event.marker: event.passage.passage_id for event in events if isinstance(event, Source)}
    for citation in cited(events):
        document = stored[citation.doc_id]
        assert citation.quote == document.text[citation.start : citation.end] != ""
        assert sources[citation.marker] == citation.passage_id
        assert said(events)[slice(*citation.text_span)] == f"[{citation.marker}]"
