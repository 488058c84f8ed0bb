"""Documents are made into requests while the one before is sent; what fails ends it, what is refused is noted."""

from collections.abc import Sequence

import pytest

from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.stores.elasticsearch.preparing import requests, send_all
from groundsel_pipelines.stores.elasticsearch.writing import BATCH_ITEMS, Item, Written
from groundsel_pipelines.types import IndexedDocument
from small_corpus import numbered

pytestmark = pytest.mark.anyio


def of(collection: str, number: int) -> IndexedDocument:
    return numbered(collection, number, "Leave is 24 days.", title="Leave")


async def test_every_document_is_sent_once_in_the_order_given_under_its_collection() -> None:
    documents = [of("hr", number) for number in range(BATCH_ITEMS + 1)]
    sent: list[tuple[str, list[str]]] = []

    async def send(collection: str, items: Sequence[Item], _: Written) -> None:
        sent.append((collection, [each.doc_id for each in items]))

    await send_all([*documents, of("it", 0)], Written(), send)

    assert [(collection, len(ids)) for collection, ids in sent] == [("hr", BATCH_ITEMS), ("hr", 1), ("it", 1)]
    assert [doc_id for _, ids in sent for doc_id in ids] == [*(f"hr/{at}" for at in range(BATCH_ITEMS + 1)), "it/0"]


async def test_nothing_is_sent_after_a_request_that_fails_and_its_error_is_told() -> None:
    sent: list[tuple[str, int]] = []

    async def send(collection: str, items: Sequence[Item], _: Written) -> None:
        sent.append((collection, len(items)))
        raise Unavailable("the node is away")

    with pytest.raises(Unavailable, match="the node is away"):
        await send_all([of("hr", 0), of("it", 0)], Written(), send)

    assert sent == [("hr", 1)]


def test_a_document_that_no_server_takes_is_noted_and_the_others_are_sent() -> None:
    written = Written()

    made = list(requests([of("x" * 600, 0), of("hr", 0)], written))

    assert [(collection, [each.doc_id for each in items]) for collection, items in made] == [("hr", ["hr/0"])]
    assert list(written.rejected) == ["x" * 600 + "/0"]
