"""The app factory: it takes its collaborators, and nothing in it is looked up."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from groundsel_pipelines.errors import GroundselError
from groundsel_plugin.bodies import pointer
from groundsel_plugin.door import Door
from groundsel_plugin.problems import INVALID_REQUEST, FieldError, ProblemError, respond
from groundsel_plugin.pushing import push
from groundsel_plugin.routes import STATIC, Parts, api, page, probes
from groundsel_plugin.wire.asked import (
    AnswerBody,
    DocumentPutBody,
    FeedbackBody,
    SearchBody,
    SimilarBody,
    SummarizeBody,
)

BODIES: tuple[type[BaseModel], ...] = (
    SearchBody,
    SimilarBody,
    FeedbackBody,
    AnswerBody,
    SummarizeBody,
    DocumentPutBody,
)


def create_app(parts: Parts, *, only_loopback: bool = True) -> ASGIApp:
    """Give the whole service: the REST API, the probes and the page behind the door."""
    return Door(create_api(parts), only_loopback=only_loopback)


def create_api(parts: Parts) -> FastAPI:
    """Give the API without its door; its OpenAPI description is made here."""
    app = FastAPI(
        title="Groundsel",
        summary="Search and cited answers over an organisation's own documents.",
        version=version("groundsel"),
        docs_url=None,  # they load their scripts from elsewhere
        redoc_url=None,
        servers=[{"url": "/"}],
        redirect_slashes=False,
    )
    app.include_router(api(parts))
    app.include_router(push(parts.pushing))
    app.include_router(probes(parts.health))
    app.include_router(page())
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for kind in (ProblemError, GroundselError, HTTPException, TimeoutError, Exception):
        app.add_exception_handler(kind, handled)
    app.add_exception_handler(RequestValidationError, refused)
    described = app.openapi()
    described["components"]["schemas"] |= schemas()
    return app


async def handled(request: Request, error: Exception) -> Response:
    return respond(request, error)


async def refused(request: Request, error: Exception) -> Response:
    """Answer for a parameter of the address that does not fit."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    faults = [FieldError(pointer=pointer(tuple(fault["loc"][1:])), detail=fault["msg"]) for fault in found]
    detail = f"the parameter {faults[0].pointer[1:]!r}: {faults[0].detail}" if faults else "a parameter does not fit"
    return respond(request, ProblemError(INVALID_REQUEST, detail, faults))


def schemas() -> dict[str, Any]:
    """Describe the bodies that are read by hand."""
    described: dict[str, Any] = {}
    for kind in BODIES:
        schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
        described |= schema.pop("$defs", {})
        described[kind.__name__] = schema
    return described
