"""The documents that could not be taken, as a source of its own: to try them again without listing everything."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import BinaryIO

from groundsel_ingest.connector import Change, Connector, Item, Upsert


def written(item: Item) -> str:
    """Write an item down for the ledger; a native id may hold bytes that are no text."""
    values = asdict(item) | {
        "modified_at": item.modified_at.isoformat() if item.modified_at else None,
        "allowed": sorted(item.allowed),
        "denied": sorted(item.denied),
    }
    return json.dumps(values)


def read(text: str) -> Item:
    values = json.loads(text)
    modified_at = values["modified_at"]
    return Item(**values | {
        "modified_at": datetime.fromisoformat(modified_at) if modified_at else None,
        "allowed": frozenset(values["allowed"]),
        "denied": frozenset(values["denied"]),
    })  # fmt: skip


class DeadLetters:
    """Yields the dead letters of a source as if they had changed, and reads them where they are from."""

    def __init__(self, connector: Connector, letters: Sequence[str]) -> None:
        self.name = connector.name
        self.place = connector.place
        self.ruled = connector.ruled
        self._connector = connector
        self._letters = letters

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:
        for letter in self._letters:
            yield Upsert(item=read(letter)), cursor or ""

    def open(self, item: Item) -> BinaryIO:
        return self._connector.open(item)

    def close(self) -> None:
        self._connector.close()
