"""The REST API: what it gives, and that nothing of another group is in it."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from groundsel_plugin.app import create_api
from groundsel_plugin.openapi import described
from groundsel_plugin.routes import Parts

pytestmark = pytest.mark.anyio

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi.json"


async def test_a_search_gives_documents_with_snippets_and_counts(client: httpx.AsyncClient) -> None:
    asked = {"query": "annual leave", "facets": [{"field": "media_type"}], "explain": True}

    found = (await client.post("/api/v1/search", json=asked)).json()

    first = found["results"][0]
    assert (first["id"], first["title"], first["version"]) == ("docs/leave.md", "Leave & holidays", 1)
    assert "<em>leave</em>" in first["snippets"][0]
    assert first["explain"]["bm25_rank"] == 1
    assert first["fields"]["updated_at"] == "2025-03-01T00:00:00Z"
    assert found["facets"]["media_type"] == [{"value": "md", "count": found["total"]["value"]}]
    assert found["as_of"] == {"files": "2026-01-02T00:00:00Z"}


async def test_nothing_tells_of_what_another_group_may_see(client: httpx.AsyncClient) -> None:
    found = (await client.post("/api/v1/search", json={"query": "board annual leave"})).text
    suggested = (await client.get("/api/v1/autocomplete", params={"q": "boa"})).json()

    assert "board.md" not in found
    assert "group:" not in found
    assert suggested["suggestions"] == []


async def test_filters_and_pages_are_passed_on(client: httpx.AsyncClient) -> None:
    condition = {"field": "updated_at", "op": "range", "gte": "2025-01-01"}
    asked = {"query": "leave trains", "mode": "lexical", "filters": [condition]}

    found = (await client.post("/api/v1/search", json=asked)).json()
    beyond = (await client.post("/api/v1/search", json={**asked, "offset": 1})).json()

    assert [result["id"] for result in found["results"]] == ["docs/leave.md"]
    assert beyond["results"] == []
    assert beyond["total"]["value"] == found["total"]["value"] == 1


async def test_a_search_says_what_the_question_was_understood_as_and_undoes_a_part(client: httpx.AsyncClient) -> None:
    asked = {"query": "leave trains -annual"}

    found = (await client.post("/api/v1/search", json=asked)).json()
    undone = (await client.post("/api/v1/search", json={**asked, "undo": ["exclusion:13"]})).json()

    assert found["query_plan"] == {
        "words": "leave trains",
        "parts": [
            {
                "id": "exclusion:13", "kind": "exclusion", "start": 13, "end": 20, "text": "-annual",
                "becomes": "-annual", "applied": True,
            }
        ],
    }  # fmt: skip
    assert [result["id"] for result in found["results"]] == ["docs/travel.md"]
    assert (undone["query_plan"]["parts"], undone["total"]["value"]) == ([], 2)


async def test_a_question_of_conditions_only_is_refused_with_a_sentence(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/search", json={"query": "type:pdf -leave"})

    assert answer.status_code == 422
    assert "write a word" in answer.json()["detail"]


async def test_an_answer_quotes_stored_text(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/api/v1/answer", json={"query": "How long is annual leave?"})).json()
    document = (await client.get("/api/v1/collections/docs/documents/docs%2Fleave.md")).json()

    citation = answer["citations"][0]
    begin, end = citation["text_span"]
    assert (answer["status"], answer["method"]) == ("answered", "extractive")
    assert document["body"][citation["start"] : citation["end"]] == citation["quote"] == "Annual leave is 25 days."
    assert answer["text"][begin:end] == "[1]"
    assert answer["results"][0]["id"] == "docs/leave.md"


async def test_an_answer_that_is_not_there_is_said(abstaining: Callable[[], httpx.AsyncClient]) -> None:
    async with abstaining() as client:
        answer = (await client.post("/api/v1/answer", json={"query": "annual leave"})).json()

    assert (answer["status"], answer["method"], answer["text"]) == ("not_in_documents", "none", "")
    assert answer["results"]


async def test_a_document_is_summarised_from_its_own_sentences(client: httpx.AsyncClient) -> None:
    summary = (await client.post("/api/v1/summarize", json={"ids": ["docs/leave.md"]})).json()

    assert summary["status"] == "answered"
    assert {citation["id"] for citation in summary["citations"]} == {"docs/leave.md"}


async def test_unknown_and_forbidden_documents_look_the_same(client: httpx.AsyncClient) -> None:
    forbidden = await client.get("/api/v1/collections/docs/documents/docs%2Fboard.md")
    unknown = await client.get("/api/v1/collections/docs/documents/docs%2Fnothing")

    def shown(response: httpx.Response) -> dict[str, object]:
        return {name: value for name, value in response.json().items() if name not in {"request_id", "instance"}}

    assert forbidden.status_code == unknown.status_code == 404
    assert shown(forbidden) == shown(unknown)


async def test_a_field_that_is_not_known_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/search", json={"query": "leave", "size": 3})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/size", "detail": "there is no such field"}]


async def test_the_page_can_be_looked_for_without_its_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/")

    assert answer.status_code == 200
    assert answer.content == b""


async def test_titles_complete_what_is_typed(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/v1/autocomplete", params={"q": "hol"})).json()

    assert found["suggestions"] == [{"text": "Leave & holidays", "kind": "title", "id": "docs/leave.md"}]


async def test_the_description_is_the_committed_one(parts: Parts) -> None:
    assert described(create_api(parts)) == DESCRIPTION.read_text(encoding="utf-8"), (
        "the API has changed: write docs/openapi.json anew with `make openapi`"
    )
