"""A source that says what a test tells it to: documents, deletes, and every way in which a listing can go wrong."""

import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from groundsel_ingest.connector import Change, Item, ListingEnd, Upsert
from groundsel_ingest.connectors.files import readable
from groundsel_pipelines.errors import Rejected
from groundsel_pipelines.types import PUBLIC

EVERYONE = frozenset({PUBLIC})


def item(native_id: str, *, stamp: str = "1", allowed: frozenset[str] = EVERYONE) -> Item:
    return Item(
        native_id=native_id,
        name=readable(native_id),
        uri=f"test:///{readable(native_id)}",
        stamp=stamp,
        modified_at=None,
        allowed=allowed,
    )


def listing(*native_ids: str) -> list[Change | Exception]:
    return [*(Upsert(item=item(native_id)) for native_id in native_ids), ListingEnd()]


@dataclass(kw_only=True)
class ScriptedSource:
    """Yields its script, raising what is an exception in it; the cursor counts what was yielded."""

    script: Sequence[Change | Exception] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict[str, bytes])  # of others: a sentence with their name
    name: str = "scripted"
    place: str = "test:///"
    ruled: bool = False
    asked: list[str | None] = field(default_factory=list[str | None])  # the cursors that it was given
    opened: list[str] = field(default_factory=list[str])

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:
        self.asked.append(cursor)
        for number, change in enumerate(self.script, start=1):
            if isinstance(change, Exception):
                raise change
            yield change, str(number)

    def open(self, item: Item) -> BinaryIO:
        self.opened.append(item.native_id)
        content = self.contents.get(item.native_id, f"The text of {item.native_id}.".encode(errors="replace"))
        if content == b"unreadable":
            raise Rejected("it cannot be opened: locked")
        return io.BytesIO(content)

    def close(self) -> None:
        pass
