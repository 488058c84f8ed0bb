"""Documents made into entries, a request at a time, the next one while one is on its way."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress

import anyio
from anyio import BrokenResourceError, to_thread
from anyio.streams.memory import MemoryObjectSendStream

from groundsel_pipelines.errors import GroundselError, Rejected
from groundsel_pipelines.stores.elasticsearch import entries
from groundsel_pipelines.stores.elasticsearch.writing import Item, Written, batches, item
from groundsel_pipelines.types import IndexedDocument

Request = tuple[str, list[Item]]
"""A collection, and what one request takes of it."""

Send = Callable[[str, Sequence[Item], Written], Awaitable[None]]


async def send_all(documents: Sequence[IndexedDocument], written: Written, send: Send) -> None:
    """Make requests in a thread of their own, and send one after the other; what no server takes is noted.

    The words of some hundred documents take as long to be stemmed as a search may take: nobody waits for that here.

    Raises:
        GroundselError: what `send` raises; nothing further is sent.

    """
    ready, taken = anyio.create_memory_object_stream[Request](0)
    try:
        async with anyio.create_task_group() as group, taken:
            group.start_soon(_make, requests(documents, written), ready)
            async for collection, items in taken:
                await send(collection, items, written)
    except* GroundselError as errors:
        raise errors.exceptions[0] from None


async def _make(made: Iterator[Request], ready: MemoryObjectSendStream[Request]) -> None:
    with suppress(BrokenResourceError):  # nobody takes them any more
        async with ready:
            while (request := await to_thread.run_sync(next, made, None)) is not None:
                await ready.send(request)


def requests(documents: Sequence[IndexedDocument], written: Written) -> Iterator[Request]:
    """Give what is to be sent, by collection, cut as a request takes it."""
    by_collection: dict[str, list[IndexedDocument]] = {}
    for each in documents:
        by_collection.setdefault(entries.collection_of(each.document.doc_id), []).append(each)
    for collection, those in by_collection.items():
        for batch in batches(_items(those, written)):
            yield collection, batch


def _items(documents: Sequence[IndexedDocument], written: Written) -> Iterator[Item]:
    for indexed in documents:
        doc_id = indexed.document.doc_id
        try:
            yield item(doc_id, indexed.document.version, entries.entry(indexed))
        except Rejected as error:
            written.rejected[doc_id] = error.reason
