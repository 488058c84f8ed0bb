"""The routes of the REST API: each reads, asks the core, and writes."""

from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.searching import Searcher
from groundsel_plugin import wire
from groundsel_plugin.access import Access
from groundsel_plugin.bodies import read_body
from groundsel_plugin.events import BrokenAnswerError, Events, EventStream, gathered
from groundsel_plugin.health import Health
from groundsel_plugin.problems import INTERNAL, MEDIA_TYPE, NOT_FOUND, STORE_UNAVAILABLE, ProblemError

STATIC: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes work with."""

    searcher: Searcher
    answerer: Answerer
    store: Store
    access: Access
    health: Health


def body(kind: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that is read by hand, as any content type is taken for JSON."""
    reference = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}


def api(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["search"])
    problems: dict[int | str, dict[str, Any]] = {
        "4XX": {"description": "A problem document (RFC 9457)", "content": {MEDIA_TYPE: {}}},
        "5XX": {"description": "A problem document (RFC 9457)", "content": {MEDIA_TYPE: {}}},
    }

    @router.post("/search", operation_id="search", summary="Find documents", responses=problems,
                 openapi_extra=body(wire.SearchBody))  # fmt: skip
    async def search(request: Request) -> wire.SearchAnswerBody:
        asked = await read_body(request, wire.SearchBody)
        found = await parts.searcher.search(asked.to_core(parts.access.principals(request)))
        return wire.SearchAnswerBody.of(found, asked, request.scope["request_id"])

    @router.post("/answer", operation_id="answer", summary="Answer a question, with citations", responses=problems,
                 openapi_extra=body(wire.AnswerBody), response_model=wire.AnswerAnswerBody)  # fmt: skip
    async def answer(request: Request) -> Response:
        asked = await read_body(request, wire.AnswerBody)
        events = parts.answerer.answer(asked.to_core(parts.access.principals(request)))
        return await told(request, events, stream=asked.stream)

    @router.post("/summarize", operation_id="summarize", summary="Summarise documents, with citations",
                 responses=problems, openapi_extra=body(wire.SummarizeBody),
                 response_model=wire.AnswerAnswerBody)  # fmt: skip
    async def summarize(request: Request) -> Response:
        asked = await read_body(request, wire.SummarizeBody)
        events = parts.answerer.summarize(asked.to_core(parts.access.principals(request)))
        return await told(request, events, stream=asked.stream)

    @router.get("/autocomplete", operation_id="autocomplete", summary="Complete a title", responses=problems)
    async def autocomplete(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> wire.AutocompleteBody:
        found = await parts.store.suggest(q, principals=parts.access.principals(request), limit=limit)
        suggestions = [wire.SuggestionBody.of(each) for each in found]
        return wire.AutocompleteBody(request_id=request.scope["request_id"], suggestions=suggestions)

    @router.get("/collections/{collection}/documents/{doc_id:path}", operation_id="document",
                summary="Read a document", responses=problems)  # fmt: skip
    async def document(request: Request, collection: str, doc_id: str) -> wire.DocumentBody:
        found = await parts.store.read(doc_id, principals=parts.access.principals(request))
        if found is None or found.collection != collection:
            raise ProblemError(NOT_FOUND, "there is no such document, or you may not see it")
        return wire.DocumentBody.of(found)

    return router


async def told(request: Request, events: Events, *, stream: bool) -> Response:
    """Send an answer as a stream or as one body; what fails before its first event is an ordinary error."""
    request_id = request.scope["request_id"]
    first = await anext(events)
    if stream:
        return EventStream(first, events, request_id=request_id, instance=request.url.path)
    async with aclosing(events):
        try:
            gathered_body = await gathered(first, events, request_id=request_id)
        except BrokenAnswerError as error:
            kind = STORE_UNAVAILABLE if error.failure.code == "Unavailable" else INTERNAL
            raise ProblemError(kind, error.failure.detail) from None
    return JSONResponse(gathered_body.model_dump(mode="json"))


def probes(health: Health) -> APIRouter:
    """Give the routes that an orchestrator asks."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    @router.get("/healthz")
    async def alive() -> wire.HealthBody:
        return wire.HealthBody(status="ok")

    @router.get("/readyz")
    @router.get("/health")
    @router.get("/startupz")
    async def ready() -> Response:
        found = await health.ready()
        return JSONResponse(found.model_dump(exclude_none=True), status_code=200 if found.status == "ok" else 503)

    return router


def page() -> APIRouter:
    """Give the search page; its other files are under /static."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def index() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    return router
