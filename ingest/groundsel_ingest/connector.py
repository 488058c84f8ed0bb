"""What Groundsel asks of a source of documents."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document as its source lists it, not yet read."""

    native_id: str  # the source's own name for it, stable: of a file, its path below the folder
    name: str  # with the suffix that tells its type
    uri: str
    stamp: str  # changes whenever the content may have: an equal one spares reading it
    modified_at: datetime | None  # timezone-aware; shown where the document itself does not say
    allowed: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert:
    """A document that exists now; it may be new, changed or as it was."""

    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """The source says that this document is gone."""

    native_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingEnd:
    """Everything there is has been listed, but for what is named here: only a whole listing proves what is gone."""

    unlisted: tuple[str, ...] = ()  # sentences: which part, and why


Change = Upsert | Delete | ListingEnd


class Connector(Protocol):
    """One source. It yields what changed since `cursor`, and beside each change the cursor to go on from after it."""

    name: str  # as shown to people, and kept in every document
    place: str  # where it reads from: two places never share a name by accident

    def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:
        """Yield changes; a source that can only be listed yields everything, and ListingEnd last.

        Raises:
            InvalidInput: the source cannot be read as configured; says what to mend.
            Unavailable: it does not answer.

        """
        ...

    def open(self, item: Item) -> BinaryIO:
        """Open the content of `item` to be read from its start; called in a worker thread.

        Raises:
            Rejected: it cannot be read.

        """
        ...
