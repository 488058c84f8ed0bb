"""What a parser makes of a file, and the words in which child and parent speak of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from groundsel_pipelines.types import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file within a mail."""

    number: int  # by which the parser that named it finds it again
    name: str  # without a path


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """The text of a file, each paragraph, item and row on a line of its own, and where its blocks stand in it."""

    title: str
    text: str
    blocks: tuple[Block, ...] = ()
    updated_at: datetime | None = None  # timezone-aware; None where the file itself does not say
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    partial_reason: str | None = None  # why this is not all of the file's text
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a file has no text for us: locked, empty, broken, too large."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the parent asks for; the open file travels beside it."""

    media_type: str
    name: str  # the file's, for a title where the file has none
    ocr: str = ""  # languages in which pictures of pages are read, as Tesseract names them; empty: they are not
    attachment: Attachment | None = (
        None  # instead of parsing, write this attachment into a second file, beside the first
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The attachment is in the second file."""

    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first word of a child: how it is confined."""

    network: Literal["none", "shared"]


REQUEST = TypeAdapter(Request)
HELLO = TypeAdapter(Hello)
ANSWER: TypeAdapter[ParsedDocument | Refusal | Written] = TypeAdapter(ParsedDocument | Refusal | Written)


def well_formed(parsed: ParsedDocument) -> bool:
    """Say whether the blocks lie in the text, in order, and attachments have names that are no paths.

    A child may have been taken over by what it read.
    """
    if any("/" in each.name or each.number < 0 for each in parsed.attachments):
        return False
    last = 0
    for block in parsed.blocks:
        if not last <= block.start <= block.end:
            return False
        last = block.end
    return last <= len(parsed.text)
