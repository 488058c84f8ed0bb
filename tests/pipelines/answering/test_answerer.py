"""An answer is results, then quoted sentences that each cite stored text, then exactly one end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asking import (
    BOARD,
    LEAVE,
    OPEN,
    QUESTION,
    RIGHT,
    TRAVEL,
    Changing,
    Unreadable,
    Vanishing,
    answerer,
    ask,
    cited,
    end,
    in_order,
    outcome,
    said,
)
from fakes import FindingReader, ScriptedModel
from groundsel_pipelines.answering.gate import OwnThreshold
from groundsel_pipelines.errors import AccessDenied, InvalidInput, Unavailable
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import (
    Failure,
    Finish,
    Reading,
    ResultsFound,
    Source,
)
from small_corpus import STAFF, filled, indexed, of_date


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


def test_the_words_that_answer_are_marked_within_the_quote() -> None:
    events = ask(answerer(filled(MemoryStore(), TRAVEL, LEAVE), reader=FindingReader("25 days")))

    (citation,) = cited(events)
    assert citation.answer_span is not None
    assert citation.quote[slice(*citation.answer_span)] == "25 days"


def test_a_collection_may_have_a_threshold_of_its_own_with_a_reader_or_without() -> None:
    store, strict = filled(MemoryStore(), LEAVE), {"docs": OwnThreshold(threshold=0.9, reader=True)}
    plain, read = answerer(store), answerer(store, reader=FindingReader("25 days"))

    assert outcome(ask(replace(read, thresholds=strict)))[0] == "not_in_documents"
    assert outcome(ask(replace(plain, thresholds=strict)))[0] == "answered"
    assert outcome(ask(replace(read, thresholds={"other": strict["docs"]})))[0] == "answered"


class BrokenReader(FindingReader):
    def read(self, question: str, passages: Sequence[str]) -> tuple[Reading, ...]:
        raise Unavailable("out of memory")


def test_a_reader_that_breaks_leaves_the_answer_as_it_is_without_one() -> None:
    store = filled(MemoryStore(), TRAVEL, LEAVE)

    assert cited(ask(answerer(store, reader=BrokenReader("")))) == cited(ask(answerer(store)))


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


def test_a_contradiction_is_seen_though_a_reader_is_sure_of_one_wording_alone() -> None:
    first = indexed("old.md", "The warranty of the pump covers material for 24 months from delivery.", title="Terms")
    second = indexed("new.md", "The warranty of the pump covers material for 36 months from delivery.", title="News")
    question = "How many months does the warranty of the pump cover material?"

    for words in ("24 months", "36 months"):
        by = answerer(filled(MemoryStore(), first, second), gate=OPEN, reader=FindingReader(words))
        by = replace(by, reading_gate=OPEN)

        assert outcome(ask(by, question)) == ("conflicting", "extractive", None)


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
