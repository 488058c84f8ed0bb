"""The routes of the REST API: each reads, asks the core, and writes."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.asked_before import AskedBefore
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.types import Suggestion
from groundsel_pipelines.understanding.completing import ranked
from groundsel_pipelines.words import fold
from groundsel_plugin.access import Access
from groundsel_plugin.bodies import read_body
from groundsel_plugin.disconnects import unless_gone
from groundsel_plugin.events import Events, EventStream
from groundsel_plugin.gathering import gathered
from groundsel_plugin.health import Health
from groundsel_plugin.idempotency import Replays
from groundsel_plugin.journal import NOT_KEPT, Journal
from groundsel_plugin.problems import MEDIA_TYPE, NOT_FOUND, ProblemError
from groundsel_plugin.pushing import Pushing
from groundsel_plugin.wire import asked, told

STATIC: Final = Path(__file__).parent / "static"
READ_SECONDS: Final = 5  # for one look into the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes work with."""

    searcher: Searcher
    answerer: Answerer
    store: Store
    access: Access
    health: Health
    journal: Journal = NOT_KEPT
    asked_before: AskedBefore | None = None  # proposes what others have asked, where that is wanted
    pushing: Pushing | None = None  # takes documents, where that is wanted


def body(kind: type[BaseModel]) -> dict[str, Any]:
    """Describe a body that is read by hand, as any content type is taken for JSON."""
    reference = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}


def api(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["search"])
    replays = Replays()
    problems: dict[int | str, dict[str, Any]] = {
        "4XX": {"description": "A problem document (RFC 9457)", "content": {MEDIA_TYPE: {}}},
        "5XX": {"description": "A problem document (RFC 9457)", "content": {MEDIA_TYPE: {}}},
    }
    streamed: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "The answer; with `stream`, its events as they come",
            "model": told.AnswerAnswerBody,
            "content": {"text/event-stream": {}},
        }
    }

    @router.post("/search", operation_id="search", summary="Find documents", responses=problems,
                 openapi_extra=body(asked.SearchBody))  # fmt: skip
    async def search(request: Request) -> told.SearchAnswerBody:
        wanted = await read_body(request, asked.SearchBody)
        principals = parts.access.principals(request)
        found = await unless_gone(request, parts.searcher.search(wanted.to_core(principals)))
        if wanted.log and not wanted.offset:
            await parts.journal.searched(request, wanted, found, principals)
        return told.SearchAnswerBody.of(found, wanted, request.scope["request_id"])

    @router.post("/feedback", operation_id="feedback", summary="Say what came of a search", status_code=202,
                 responses=problems | {202: {"model": told.FeedbackAcceptedBody}},
                 openapi_extra=body(asked.FeedbackBody))  # fmt: skip
    async def feedback(request: Request) -> Response:
        return await replays.once(request, partial(judge, request, parts))

    @router.post("/similar", operation_id="similar", summary="Find documents like one", responses=problems,
                 openapi_extra=body(asked.SimilarBody))  # fmt: skip
    async def similar(request: Request) -> told.SearchAnswerBody:
        wanted = await read_body(request, asked.SimilarBody)
        finding = parts.searcher.similar(wanted.to_core(parts.access.principals(request)))
        as_search = asked.SearchBody(query=wanted.id)
        return told.SearchAnswerBody.of(await unless_gone(request, finding), as_search, request.scope["request_id"])

    @router.post("/answer", operation_id="answer", summary="Answer a question, with citations",
                 responses=problems | streamed, openapi_extra=body(asked.AnswerBody))  # fmt: skip
    async def answer(request: Request) -> Response:
        wanted = await read_body(request, asked.AnswerBody)
        principals = parts.access.principals(request)
        events = parts.answerer.answer(wanted.to_core(principals))
        return await tell(request, parts.journal.answered(request, wanted, events, principals), stream=wanted.stream)

    @router.post("/summarize", operation_id="summarize", summary="Summarise documents, with citations",
                 responses=problems | streamed, openapi_extra=body(asked.SummarizeBody))  # fmt: skip
    async def summarize(request: Request) -> Response:
        wanted = await read_body(request, asked.SummarizeBody)
        events = parts.answerer.summarize(wanted.to_core(parts.access.principals(request)))
        return await tell(request, events, stream=wanted.stream)

    @router.get("/autocomplete", operation_id="autocomplete", summary="Complete a title", responses=problems)
    async def autocomplete(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> told.AutocompleteBody:
        with anyio.fail_after(READ_SECONDS):
            found = await completions(parts, q, parts.access.principals(request), limit)
        suggestions = [told.SuggestionBody.of(each) for each in found]
        return told.AutocompleteBody(request_id=request.scope["request_id"], suggestions=suggestions)

    @router.get("/collections/{collection}/documents/{doc_id:path}", operation_id="document",
                summary="Read a document", responses=problems)  # fmt: skip
    async def document(request: Request, collection: str, doc_id: str) -> told.DocumentBody:
        with anyio.fail_after(READ_SECONDS):
            found = await parts.store.read(doc_id, principals=parts.access.principals(request))
        if found is None or found.collection != collection:
            raise ProblemError(NOT_FOUND, "there is no such document, or you may not see it")
        return told.DocumentBody.of(found)

    return router


async def completions(parts: Parts, typed: str, principals: frozenset[str], limit: int) -> tuple[Suggestion, ...]:
    """Complete what is typed from visible documents, and from what others have asked about them."""
    begin = fold(typed)
    asked_before = await parts.asked_before.completing(begin, principals) if parts.asked_before else ()
    return ranked((*asked_before, *await parts.store.suggest(typed, principals=principals, limit=limit)), begin, limit)


async def judge(request: Request, parts: Parts) -> Response:
    """Note what came of a search."""
    wanted = await read_body(request, asked.FeedbackBody)
    await parts.journal.judged(request, wanted, parts.access.principals(request))
    return JSONResponse(told.FeedbackAcceptedBody(accepted=True).model_dump(), status_code=202)


async def tell(request: Request, events: Events, *, stream: bool) -> Response:
    """Send an answer as a stream or as one body; what fails before its first event is an ordinary error."""
    request_id = request.scope["request_id"]
    if stream:
        first = await unless_gone(request, anext(events))
        return EventStream(first, events, request_id=request_id, instance=request.url.path)
    answered = await unless_gone(request, gathered(events, request_id=request_id))
    return JSONResponse(answered.model_dump(mode="json"))


def probes(health: Health) -> APIRouter:
    """Give the routes that an orchestrator asks."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    @router.get("/healthz")
    async def alive() -> told.HealthBody:
        return told.HealthBody(status="ok")

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

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    return router
