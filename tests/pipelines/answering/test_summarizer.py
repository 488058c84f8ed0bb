"""A summary quotes what stands for the whole; a dossier has its parts in the order of time; nothing is told twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import (
    AnswerEvent,
    Citation,
    Finish,
    IndexedDocument,
    SectionBegun,
    SummaryRequest,
    TextDelta,
)
from plugin_parts import made
from small_corpus import STAFF, filled, indexed, of_date

ORDER = of_date(
    indexed("order.md", "Acme ordered 40 Heron probes for the fish farm near Bergen.", title="Order of Acme"),
    datetime(2025, 1, 10, tzinfo=UTC),
)
VISIT = of_date(
    indexed("visit.md", "Acme was visited and shown the new buoy.\nOpen: Acme has not yet paid the second invoice.",
            title="Visit"),
    datetime(2025, 3, 2, tzinfo=UTC),
)  # fmt: skip
LATER = of_date(
    indexed("later.md", "Acme ordered 44 Heron probes for the fish farm near Bergen.", title="Order of Acme, again"),
    datetime(2025, 6, 5, tzinfo=UTC),
)
OTHER = indexed("other.md", "Trains are booked in second class by the travel office.", title="Travel")
SECRET = indexed("secret.md", "Acme will be sued by the board.", title="Acme", allowed=frozenset({"group:board"}))
ACME = (VISIT, LATER, ORDER, OTHER, SECRET)


def of_thread(mail: IndexedDocument) -> IndexedDocument:
    return replace(mail, document=replace(mail.document, metadata={"thread": "<first@example.org>"}))


def told(request: SummaryRequest, documents: Sequence[IndexedDocument]) -> list[AnswerEvent]:
    parts = made(filled(MemoryStore(), *documents))

    async def events() -> list[AnswerEvent]:
        return [event async for event in parts.answerer.summarize(request)]

    return anyio.run(events)


def parts_of(events: Sequence[AnswerEvent]) -> dict[str, list[str]]:
    """Give the quotes by section."""
    found: dict[str, list[str]] = {}
    kind = ""
    for event in events:
        if isinstance(event, SectionBegun):
            kind = event.kind
        elif isinstance(event, Citation):
            found.setdefault(kind, []).append(event.quote)
    return found


def end(events: Sequence[AnswerEvent]) -> Finish:
    assert isinstance(events[-1], Finish)
    return events[-1]


def test_a_dossier_tells_facts_what_is_open_and_what_contradicts_itself_each_cited() -> None:
    events = told(SummaryRequest(principals=STAFF, subject="Acme"), ACME)

    assert parts_of(events) == {
        "facts": ["Acme was visited and shown the new buoy."],
        "open": ["Open: Acme has not yet paid the second invoice."],
        "contradictions": [
            "Acme ordered 40 Heron probes for the fish farm near Bergen.",
            "Acme ordered 44 Heron probes for the fish farm near Bergen.",
        ],
    }
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    starts = [event.start for event in events if isinstance(event, SectionBegun)]
    assert [text[start:].strip()[:10] for start in starts] == ["Acme was v", "Open: Acme", "Acme order"]
    assert (end(events).status, end(events).method) == ("answered", "extractive")


def test_a_dossier_holds_nothing_that_its_reader_may_not_see() -> None:
    quotes = [event.quote for event in told(SummaryRequest(principals=STAFF, subject="Acme"), ACME)
              if isinstance(event, Citation)]  # fmt: skip

    assert quotes
    assert not any("sued" in quote for quote in quotes)


def test_a_dossier_on_nobody_says_that_nothing_is_told() -> None:
    events = told(SummaryRequest(principals=STAFF, subject="Globex"), ACME)

    assert (end(events).status, end(events).message) == ("not_in_documents", "The documents do not say.")


@pytest.mark.parametrize("after", [1, 3])
def test_a_dossier_that_broke_off_goes_on_after_what_was_told(after: int) -> None:
    request = SummaryRequest(principals=STAFF, subject="Acme")
    whole = [event for event in told(request, ACME) if isinstance(event, Citation)]
    rest = [event for event in told(replace(request, after=after), ACME) if isinstance(event, Citation)]

    assert [(each.marker, each.quote) for each in rest] == [(each.marker, each.quote) for each in whole[after:]]


def test_a_thread_is_summarised_with_all_its_mails() -> None:
    first = indexed("a.eml", "Our boat in Bergen lost a probe during the storm last week.", title="Lost probe")
    answer = indexed("b.eml", "A new probe was sent to Bergen by express on Friday morning.", title="Re: Lost probe")
    other = indexed("c.eml", "The canteen serves fish soup every Friday at noon sharp.", title="Lunch probe")
    request = SummaryRequest(principals=STAFF, doc_ids=("docs/b.eml",), thread=True)

    events = told(request, (first, answer, other))

    assert {event.doc_id for event in events if isinstance(event, Citation)} == {"docs/a.eml", "docs/b.eml"}


def test_a_mail_that_changed_its_subject_belongs_to_the_thread_that_it_names() -> None:
    first = of_thread(
        indexed("a.eml", "Our boat in Bergen lost a probe during the storm last week.", title="Lost probe")
    )
    answer = of_thread(
        indexed("b.eml", "A new probe was sent to Bergen by express on Friday morning.", title="Express")
    )
    other = indexed("c.eml", "The canteen serves fish soup every Friday at noon sharp.", title="Lunch probe")
    request = SummaryRequest(principals=STAFF, doc_ids=("docs/a.eml",), thread=True)

    events = told(request, (first, answer, other))

    assert {event.doc_id for event in events if isinstance(event, Citation)} == {"docs/a.eml", "docs/b.eml"}


def test_a_mail_alone_is_its_whole_thread() -> None:
    mail = of_thread(indexed("a.eml", "Our boat in Bergen lost a probe during the storm last week.", title=""))

    events = told(SummaryRequest(principals=STAFF, doc_ids=("docs/a.eml",), thread=True), (mail, OTHER))

    assert {event.doc_id for event in events if isinstance(event, Citation)} == {"docs/a.eml"}


def test_neither_fields_of_a_mail_nor_what_it_quotes_of_another_are_told_again() -> None:
    first = indexed("a.eml", "Our boat in Bergen lost a probe\nduring the storm last week.", title="Lost probe")
    answer = indexed(
        "b.eml",
        "From: Ann Kern <ann@example.org> for the whole team\n\nA new probe was sent to Bergen by express on Friday."
        "\n\n> Our boat in Bergen lost\n> a probe during the storm last week.",
        title="Re: Lost probe",
    )

    events = told(SummaryRequest(principals=STAFF, doc_ids=("docs/b.eml",), thread=True), (first, answer))

    assert [(event.doc_id, event.quote[:5]) for event in events if isinstance(event, Citation)] == [
        ("docs/a.eml", "Our b"),
        ("docs/b.eml", "A new"),
    ]


def test_a_search_that_finds_nothing_near_has_no_summary() -> None:
    events = told(SummaryRequest(principals=STAFF, text="xylophone"), ACME)

    assert (end(events).status, end(events).message) == ("not_in_documents", "The documents do not say.")


@pytest.mark.parametrize("given", [{}, {"text": "a", "subject": "b"}, {"doc_ids": ("docs/a",), "subject": "b"}])
def test_what_is_to_be_summarised_is_named_once(given: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="either"):
        told(replace(SummaryRequest(principals=STAFF), **given), ACME)  # type: ignore[arg-type]
