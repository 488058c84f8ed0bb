"""The few files of a folder that may have changed, as a source of its own: so that not everything is listed."""

from collections.abc import AsyncGenerator, Sequence
from typing import BinaryIO

from groundsel_ingest.connector import Change, Connector, Delete, Item
from groundsel_ingest.connectors.files import Files
from groundsel_ingest.manifest import Manifest


class Touched:
    """Yields given changes of a folder, and reads them there."""

    ruled: bool

    def __init__(self, files: Files, changes: Sequence[Change]) -> None:
        self.name = files.name
        self.place = files.place
        self.ruled = files.ruled
        self._files = files
        self._changes = changes

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:
        for change in self._changes:
            yield change, cursor or ""

    def open(self, item: Item) -> BinaryIO:
        return self._files.open(item)

    def close(self) -> None:
        self._files.close()


def narrowed(connector: Connector, paths: frozenset[str] | None, manifest: Manifest) -> Connector:
    """Give `connector` as far as `paths` go, or the whole of it where they do not tell all that has changed."""
    if paths is None or not isinstance(connector, Files):
        return connector
    changes = []
    for path in sorted(paths):
        change = connector.look(path)
        if change is None:
            return connector
        if isinstance(change, Delete) and not knows(manifest, path) and manifest.knows_below(path):
            return connector  # a folder was taken away, and nobody named what was in it
        changes.append(change)
    return Touched(connector, changes)


def knows(manifest: Manifest, path: str) -> bool:
    entry = manifest.entry(path)
    return entry is not None and entry.state != "deleted"
