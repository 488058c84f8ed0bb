"""Minutes of meetings, kept as one JSON object a line: the connector that docs/connectors.md writes."""

import hashlib
import io
import json
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from groundsel_ingest.connector import Change, Item, ListingEnd, Options, Source, Upsert
from groundsel_pipelines.errors import InvalidInput, Rejected


class MinutesOptions(Options):
    file: Path


def create(source: Source) -> "Minutes":
    return Minutes(source.read(MinutesOptions).file, name=source.name, principals=source.principals)


class Minutes:
    """Each line has `id`, `title`, `text`, `held_at` and, where not everyone may read it, `group`."""

    ruled = True  # who may read what is said by the lines themselves

    def __init__(self, file: Path, *, name: str, principals: frozenset[str]) -> None:
        self.name = name
        self.place = str(file.resolve())
        self._file = file
        self._principals = principals

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - listed whole
        for meeting in self._meetings():
            yield Upsert(item=self._item(meeting)), ""
        yield ListingEnd(), ""

    def open(self, item: Item) -> BinaryIO:
        for meeting in self._meetings():
            if meeting["id"] == item.native_id:
                return io.BytesIO(meeting["text"].encode())
        raise Rejected("it is gone since it was listed")

    def close(self) -> None:
        """Keep nothing open."""

    def _meetings(self) -> list[dict[str, str]]:
        try:
            return [json.loads(line) for line in self._file.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"{self._file} cannot be read ({error}); mend the file of source {self.name!r}"
            ) from None

    def _item(self, meeting: dict[str, str]) -> Item:
        return Item(
            native_id=meeting["id"],
            name="minutes.md",
            title=meeting["title"],
            uri=f"minutes:{meeting['id']}",
            stamp=hashlib.sha256(json.dumps(meeting, sort_keys=True).encode()).hexdigest(),
            modified_at=datetime.fromisoformat(meeting["held_at"]),
            allowed=frozenset({f"group:{meeting['group']}"}) if "group" in meeting else self._principals,
        )
