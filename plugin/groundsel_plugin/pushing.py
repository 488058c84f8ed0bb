"""The routes by which documents are put and deleted: closed unless opened, and then for holders of a key only."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from groundsel_pipelines.pushing import Pusher
from groundsel_plugin.bodies import read_body
from groundsel_plugin.idempotency import Replays
from groundsel_plugin.keys import Key, KeyFile
from groundsel_plugin.problems import FORBIDDEN, INVALID_REQUEST, MEDIA_TYPE, ProblemError
from groundsel_plugin.wire.asked import DocumentPutBody
from groundsel_plugin.wire.told import PutBody

MOST_ID_BYTES = 500  # Elasticsearch takes 512
PATH = "/api/v1/collections/{collection}/documents/{doc_id:path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """Where pushed documents go, and whose keys are taken."""

    pusher: Pusher
    keys: KeyFile


def push(pushing: Pushing | None) -> APIRouter:
    """Give the routes; without their parts they answer that pushing is off."""
    router = APIRouter(tags=["ingest"])
    replays = Replays()
    problems: dict[int | str, dict[str, Any]] = {
        "4XX": {"description": "A problem document (RFC 9457)", "content": {MEDIA_TYPE: {}}},
        "5XX": {"description": "A problem document (RFC 9457)", "content": {MEDIA_TYPE: {}}},
    }
    put_body = {"required": True, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/DocumentPutBody"}}}}  # fmt: skip

    @router.put(PATH, operation_id="put_document", summary="Store or replace a document", status_code=200,
                responses=problems | {201: {"model": PutBody}, 200: {"model": PutBody}},
                openapi_extra={"requestBody": put_body})  # fmt: skip
    async def put(request: Request, collection: str, doc_id: str) -> Response:
        opened, key = checked(request, pushing, collection, doc_id)
        sent = await read_body(request, DocumentPutBody)

        async def act() -> Response:
            done = await opened.put(sent.to_core(doc_id, collection=collection))
            told = PutBody(id=doc_id, version=sent.version, passages=done.passages)
            return JSONResponse(told.model_dump(), status_code=201 if done.created else 200)

        return await replays.once(request, act, sender=key.key_id)

    @router.delete(PATH, operation_id="delete_document", summary="Delete a document", status_code=204,
                   responses=problems)  # fmt: skip
    async def delete(
        request: Request, collection: str, doc_id: str, version: Annotated[int, Query(ge=1, le=2**62)]
    ) -> Response:
        opened, key = checked(request, pushing, collection, doc_id)

        async def act() -> Response:
            await opened.delete(doc_id, version=version)
            return Response(status_code=204)

        return await replays.once(request, act, sender=key.key_id)

    return router


def checked(request: Request, pushing: Pushing | None, collection: str, doc_id: str) -> tuple[Pusher, Key]:
    """Give the pusher and the sender's key, where documents may be pushed, by this one, and to this place.

    Raises:
        ProblemError: they may not, or the id does not begin with the collection's name.
        Unavailable: the keys cannot be read.

    """
    if pushing is None:
        raise ProblemError(FORBIDDEN, "documents cannot be pushed here; set access.push = true if they should be")
    key = pushing.keys.require(request, "ingest:write", collection=collection)
    own = doc_id.removeprefix(f"{collection}/")
    if own == doc_id or not own or "#" in own or len(doc_id.encode()) > MOST_ID_BYTES:
        raise ProblemError(
            INVALID_REQUEST,
            f"an id is {collection}/ and a name of the sender's, without #, at most {MOST_ID_BYTES} bytes in all",
        )
    return pushing.pusher, key
