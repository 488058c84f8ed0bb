"""A disk that is nearly full: Elasticsearch then takes neither documents nor deletes; deletes must not wait for a disk.

Its block, `read_only_allow_delete`, allows to delete whole indices only. So that what is to be forgotten is forgotten,
the block of one index is lifted for one request that holds nothing but deletes, of some hundred bytes each, and is set
again at once; if that is cut off, Elasticsearch sets it again by itself, within 30 s. It also takes it away once there
is room. Documents of other writers may slip through meanwhile: one request each.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import anyio
from elastic_transport import TransportError

from elasticsearch import ApiError, AsyncElasticsearch

BLOCK: Final = "index.blocks.read_only_allow_delete"
NUMBER: Final = "/12/"  # of this block, in an error's words; those that someone has set otherwise are never touched


@asynccontextmanager
async def lifted(client: AsyncElasticsearch, index: str) -> AsyncGenerator[None]:
    """Lift the block of a nearly full disk meanwhile, where these credentials may."""

    async def switch(value: object) -> None:
        settings: dict[str, Any] = {BLOCK: value}
        with suppress(ApiError, TransportError):  # without the right to, deletes wait as documents do
            await client.indices.put_settings(index=index, settings=settings)

    await switch(None)
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            await switch(True)  # noqa: FBT003 - a setting's value
