"""A summary is sentences of the documents themselves, or what a model made of them and the check let through."""

import pytest

from asking import (
    BOARD,
    JOURNEYS,
    LEAVE,
    POLICY,
    RIGHT,
    TRAVEL,
    WRONG,
    answerer,
    cited,
    in_order,
    outcome,
    said,
    summarize,
)
from fakes import ScriptedModel
from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import (
    ResultsFound,
)
from small_corpus import filled, indexed


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
