"""What Groundsel asks of a source of documents."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from groundsel_pipelines.errors import InvalidInput


class Options(BaseModel):
    """What `[sources.NAME]` may say beside the keys that all sources have; each kind of source has its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _names_something(cls, value: object, info: ValidationInfo) -> object:
        """Refuse an empty path: pathlib takes it for the folder that one stands in."""
        if value == "" and cls.model_fields[str(info.field_name)].annotation in (Path, Path | None):
            raise ValueError("it is empty; name a file or folder, or leave the setting out")
        return value


Kind = TypeVar("Kind", bound=Options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source as it is configured: what a connector is made from."""

    name: str  # as shown to people, and kept in every document
    principals: frozenset[str]  # may read what the source itself says nothing of
    options: Mapping[str, object]

    def read(self, kind: type[Kind]) -> Kind:
        """Check the options, and give them typed.

        Raises:
            InvalidInput: one is unknown, missing or does not fit; names its key.

        """
        try:
            return kind.model_validate(self.options)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(["sources", self.name, *(str(part) for part in first["loc"])])
            known = ", ".join(kind.model_fields)
            wrong = first["msg"].removeprefix("Value error, ")
            raise InvalidInput(f"setting {key!r}: {wrong}; a source of this kind knows: {known}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document as its source lists it, not yet read."""

    native_id: str  # the source's own name for it, stable: of a file, its path below the folder
    name: str  # with the suffix that tells its type
    uri: str
    stamp: str  # changes whenever the content may have: an equal one spares reading it
    modified_at: datetime | None  # timezone-aware; shown where the document itself does not say
    allowed: frozenset[str]
    denied: frozenset[str] = frozenset()
    title: str = ""  # where the source knows it better than the content does
    unpack: bool = True  # what is attached to a mail is read as well; false where the source lists it by itself
    attached_to: str = ""  # the native id of the mail that it is taken out of; no source sets it


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
    ruled: bool  # the source itself says who may read what

    def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:
        """Yield changes; a source that can only be listed yields everything, and ListingEnd last.

        One that knows its changes yields those since `cursor` and simply ends; the cursor of the last is kept once all
        of them are stored. Without a cursor, or with one that it does not know any more, it lists everything.

        Raises:
            InvalidInput: the source cannot be read as configured; says what to mend.
            Unavailable: it does not answer.

        """
        ...

    def open(self, item: Item) -> BinaryIO:
        """Open the content of `item` to be read from its start; called in a worker thread, several at a time.

        Raises:
            Rejected: it cannot be read.
            Unavailable: nothing can be any more: the source does not answer.

        """
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


class ConnectorFactory(Protocol):
    """What an entry point of `groundsel.connectors` names."""

    def __call__(self, source: Source, /) -> Connector:
        """Make a connector; nothing is read from the source yet.

        Raises:
            InvalidInput: an option does not fit.

        """
        ...
