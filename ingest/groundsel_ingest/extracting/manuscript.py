"""Collects the text of a document block by block, so that every block knows its exact place in it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import PurePath

from groundsel_ingest.extracting.parsed import Attachment, ParsedDocument
from groundsel_pipelines.characters import clean, one_line
from groundsel_pipelines.errors import Rejected
from groundsel_pipelines.types import Block, BlockKind

TEXT_CHARACTERS = 10_000_000  # twenty thousand pages; with four bytes each it stays below the answer's limit of 50 MB
TITLE_CHARACTERS = 200
MOST_ATTACHMENTS = 100  # of a mail: it is opened anew for each of them
OPENING_CHARACTERS = 2000  # where a title that the file's properties claim must be found to be believed


class Full(Exception):
    """The manuscript takes no more; what is in it is kept."""


class Manuscript:
    """A text in the making. Headings, paragraphs, items, rows and code are each given in reading order."""

    def __init__(self, *, ocr: str = "") -> None:
        self.ocr = ocr  # languages in which pictures of pages are to be read; empty: they are not
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self.page: int | None = None  # of what is added next, from 1
        # Titles that the file's properties claim, best first. Templates and converters leave odd ones behind
        # ("Microsoft Word - x.doc"), so one is taken only when the text opens with it.
        self.titles: list[str] = []
        self.updated_at: datetime | None = None  # a time without a zone is taken as UTC
        self.metadata: dict[str, str] = {}  # what else the file says of itself: shown, never searched
        self.partial_reason: str | None = None  # why there is more in the file than in this text
        self._attachments: tuple[Attachment, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self._parts

    def heading(self, text: str, *, level: int) -> None:
        self._add("heading", one_line(text), level=min(max(level, 1), 6))

    def paragraph(self, text: str) -> None:
        self._add("paragraph", one_line(text))

    def items(self, items: Iterable[str]) -> None:
        """Add a list; each item is one line and keeps the mark that it comes with."""
        self._add("list", "\n".join(filter(None, map(one_line, items))))

    def rows(self, rows: Iterable[Sequence[str]]) -> None:
        """Add a table; each row becomes a line `a | b | c`, the first names the columns."""
        lines = (" | ".join(map(one_line, row)).rstrip(" |") for row in rows)
        self._add("table", "\n".join(line for line in lines if line.strip(" |")))

    def code(self, text: str) -> None:
        """Add lines that stay as they are."""
        lines = (line.rstrip() for line in clean(text).expandtabs(4).split("\n"))
        self._add("code", "\n".join(lines).strip("\n"))

    def attach(self, attachments: Iterable[Attachment]) -> None:
        """Name the files within the file."""
        found = tuple(islice(attachments, MOST_ATTACHMENTS + 1))
        self._attachments = found[:MOST_ATTACHMENTS]
        if len(found) > MOST_ATTACHMENTS and self.partial_reason is None:
            self.partial_reason = f"only its first {MOST_ATTACHMENTS} attachments were read"

    def _add(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        if not text.strip():
            return
        room = TEXT_CHARACTERS - self._length
        self._parts.append(text[:room])
        end = self._length + len(text[:room])
        self._blocks.append(Block(kind=kind, start=self._length, end=end, level=level, page=self.page))
        if len(text) > room:
            raise Full
        self._length = end + len("\n\n")

    def finish(self, name: str) -> ParsedDocument:
        """Give the document; the stem of the file's `name` is its title when nothing better is known.

        Raises:
            Rejected: there is no text at all.

        """
        text = "\n\n".join(self._parts)
        if not text:
            raise Rejected("there is no text in it")
        updated_at = self.updated_at
        if updated_at is not None and updated_at.tzinfo is None:
            updated_at = updated_at.replace(tzinfo=UTC)
        return ParsedDocument(
            title=self._title(text, name)[:TITLE_CHARACTERS],
            text=text,
            blocks=tuple(self._blocks),
            updated_at=updated_at,
            metadata={key: one_line(value) for key, value in self.metadata.items() if value},
            partial_reason=self.partial_reason,
            attachments=self._attachments,
        )

    def _title(self, text: str, name: str) -> str:
        opening = " ".join(text[:OPENING_CHARACTERS].split()).casefold()
        for title in map(one_line, self.titles):
            if title and title.casefold() in opening:
                return title
        first = self._blocks[0]
        if first.kind == "heading":
            return text[first.start : first.end]
        return one_line(PurePath(name).stem.replace("_", " ")) or name
