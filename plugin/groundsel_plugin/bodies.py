"""Bodies: read as JSON whatever their content type, checked field by field, every fault at its pointer."""

from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from groundsel_plugin.problems import INVALID_REQUEST, MALFORMED_JSON, FieldError, ProblemError

Body = TypeVar("Body", bound=BaseModel)


async def read_body(request: Request, kind: type[Body]) -> Body:
    """Read and check the body of a request.

    Raises:
        ProblemError: it is not JSON, or a field is unknown, missing or of the wrong kind.

    """
    try:
        values = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise ProblemError(MALFORMED_JSON, f"the body is not JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(values, dict):
        detail = "the body is not a JSON object"
        raise ProblemError(INVALID_REQUEST, detail, [FieldError(pointer="", detail=detail)])
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = [
            FieldError(pointer=pointer(fault["loc"]), detail=meaning(fault["type"], fault["msg"]))
            for fault in error.errors(include_url=False, include_input=False)
        ]
        count = "1 invalid field" if len(faults) == 1 else f"{len(faults)} invalid fields"
        raise ProblemError(INVALID_REQUEST, f"{count}: {faults[0].detail}", faults) from None


def meaning(kind: str, said: str) -> str:
    """Say what is wrong with a field, where pydantic's own words speak of its inside."""
    return "there is no such field" if kind == "extra_forbidden" else said.removeprefix("Value error, ")


def pointer(location: tuple[int | str, ...]) -> str:
    """Write a place as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)
