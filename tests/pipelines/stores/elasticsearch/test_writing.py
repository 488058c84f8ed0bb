"""What is put into one bulk request, and what is refused before it is sent."""

from typing import Self

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsel_pipelines.errors import Rejected
from groundsel_pipelines.stores.elasticsearch.writing import BATCH_BYTES, BATCH_ITEMS, Item, batches, item, lines


@given(st.lists(st.integers(1, BATCH_BYTES * 2), max_size=30), st.integers(1, 8))
def test_batches_are_bounded_in_items_and_bytes_and_lose_nothing(sizes: list[int], most_items: int) -> None:
    items = [Item(doc_id=str(number), version=1, source=Sized(size)) for number, size in enumerate(sizes)]

    cut = list(batches(items, most_items=most_items))

    assert [each for batch in cut for each in batch] == items
    assert all(len(batch) <= min(most_items, BATCH_ITEMS) for batch in cut)
    assert all(len(batch) == 1 or sum(len(each.source) for each in batch) <= BATCH_BYTES for batch in cut)


class Sized(bytes):
    """Bytes that say they are many."""

    def __new__(cls, _size: int) -> Self:
        return super().__new__(cls)

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


def test_every_write_is_fenced_by_its_version() -> None:
    action, source = lines("g-hr.000001", [item("hr/a", 7, {"kind": "document"})])

    assert orjson.loads(action) == {
        "index": {"_index": "g-hr.000001", "_id": "hr/a", "version": 7, "version_type": "external_gte"}
    }
    assert orjson.loads(source) == {"kind": "document"}


@pytest.mark.parametrize(
    ("doc_id", "text", "reason"),
    [
        ("hr/" + "x" * 600, "", "more than 512 bytes"),
        ("hr/a", "\ud800", "cannot be written as JSON"),
        ("hr/a", "x" * 200_000_000, "200 MB with its vectors, more than the 95 MB of a request; cut it"),
    ],
)
def test_what_no_server_takes_is_refused_before_anything_is_sent(doc_id: str, text: str, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        item(doc_id, 1, {"text": text})
