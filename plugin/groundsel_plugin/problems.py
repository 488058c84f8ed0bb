"""Errors as problem documents (RFC 9457): one registry of types, one place where an error becomes a status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from groundsel_pipelines.errors import (
    AccessDenied,
    Busy,
    GroundselError,
    InvalidInput,
    Rejected,
    Transient,
    Unavailable,
    UnknownName,
    VersionConflict,
)

MEDIA_TYPE: Final = "application/problem+json"
TYPES_AT: Final = "https://groundsel.example/problems/"  # an identifier (RFC 9457, 3.1.1); nothing is fetched from it


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """A kind of failure; its slug is its name for machines and never changes."""

    slug: str
    title: str
    status: int


MALFORMED_JSON = ProblemType(slug="malformed-json", title="The body is not JSON", status=400)
TWO_CREDENTIALS = ProblemType(slug="two-credentials", title="Two different keys", status=400)
UNAUTHORIZED = ProblemType(slug="unauthorized", title="No valid key", status=401)
FORBIDDEN = ProblemType(slug="forbidden", title="Not allowed", status=403)
NOT_FOUND = ProblemType(slug="not-found", title="Not found", status=404)
METHOD_NOT_ALLOWED = ProblemType(slug="method-not-allowed", title="Method not allowed", status=405)
VERSION_CONFLICT = ProblemType(slug="version-conflict", title="A newer version is stored", status=409)
IDEMPOTENCY_IN_FLIGHT = ProblemType(slug="idempotency-in-flight", title="Still being answered", status=409)
PAYLOAD_TOO_LARGE = ProblemType(slug="payload-too-large", title="The body is too large", status=413)
INVALID_REQUEST = ProblemType(slug="invalid-request", title="Invalid request", status=422)
IDEMPOTENCY_MISMATCH = ProblemType(slug="idempotency-mismatch", title="Another request had this key", status=422)
RATE_LIMITED = ProblemType(slug="rate-limited", title="Too many requests", status=429)
INTERNAL = ProblemType(slug="internal", title="Something broke", status=500)
STORE_UNAVAILABLE = ProblemType(slug="store-unavailable", title="The index is not available", status=503)
DEADLINE_EXCEEDED = ProblemType(slug="deadline-exceeded", title="It took too long", status=504)

REGISTRY: Final[Mapping[str, ProblemType]] = {
    kind.slug: kind
    for kind in (
        MALFORMED_JSON,
        TWO_CREDENTIALS,
        UNAUTHORIZED,
        FORBIDDEN,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        VERSION_CONFLICT,
        IDEMPOTENCY_IN_FLIGHT,
        PAYLOAD_TOO_LARGE,
        INVALID_REQUEST,
        IDEMPOTENCY_MISMATCH,
        RATE_LIMITED,
        INTERNAL,
        STORE_UNAVAILABLE,
        DEADLINE_EXCEEDED,
    )
}

OF_ERRORS: Final[Mapping[type[GroundselError], ProblemType]] = {
    AccessDenied: FORBIDDEN,
    UnknownName: NOT_FOUND,
    VersionConflict: VERSION_CONFLICT,
    InvalidInput: INVALID_REQUEST,
    Rejected: INVALID_REQUEST,
    Busy: RATE_LIMITED,
    Unavailable: STORE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one field of a body."""

    pointer: str  # JSON pointer (RFC 6901)
    detail: str


class ProblemError(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def problem(
    kind: ProblemType, detail: str, *, instance: str, request_id: str, errors: Sequence[FieldError] = ()
) -> dict[str, object]:
    """Give the problem document."""
    document: dict[str, object] = {
        "type": f"{TYPES_AT}{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": instance,
        "request_id": request_id,
    }
    if errors:
        document["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in errors]
    return document


def kind_of(error: GroundselError) -> ProblemType:
    """Give the type of an error of ours, by the nearest class that has one."""
    return next((OF_ERRORS[base] for base in type(error).__mro__ if base in OF_ERRORS), INTERNAL)


def kind_of_code(code: str) -> ProblemType:
    """Give the type of a failure inside an answer; its code is the name of an error's class."""
    return next((kind for error, kind in OF_ERRORS.items() if error.__name__ == code), INTERNAL)


def respond(request: Request, error: Exception) -> Response:
    """Turn any error into its problem; what is not ours says nothing of its inside."""
    headers: dict[str, str] = {}
    errors: Sequence[FieldError] = ()
    match error:
        case ProblemError(kind=kind, detail=detail, errors=found):
            errors = found
            headers |= error.headers
        case GroundselError():
            kind, detail = kind_of(error), str(error)
            if isinstance(error, Transient):
                headers["Retry-After"] = str(error.retry_after)
        case HTTPException(status_code=status):
            kind = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}.get(status, INVALID_REQUEST)
            detail = _HTTP_DETAILS.get(kind.slug, error.detail)
            headers |= error.headers or {}
        case TimeoutError():
            kind, detail = DEADLINE_EXCEEDED, "the index did not answer in time; try again"
        case _:
            kind, detail = INTERNAL, "an error of the service, not of the request; its log has the request id"
    body = problem(
        kind, detail, instance=request.url.path, request_id=request.scope.get("request_id", ""), errors=errors
    )
    return Response(orjson.dumps(body), status_code=kind.status, headers=headers, media_type=MEDIA_TYPE)


_HTTP_DETAILS: Final[Mapping[str, str]] = {
    NOT_FOUND.slug: "there is nothing at this address",
    METHOD_NOT_ALLOWED.slug: "this address does not take this method; /openapi.json says which",
}
