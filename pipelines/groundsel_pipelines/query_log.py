"""The query log: what was asked and what came of it, a line of JSON each in the fields of ECS, a file a day."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from groundsel_pipelines.errors import InvalidInput

ECS: Final = "8.11.0"
NAME: Final = "queries-{day}.ndjson"

Text = Literal["full", "hashed", "off"]
Action = Literal["search", "answer", "click", "feedback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What came of a question that was to be answered; never its text."""

    status: str
    method: str
    reason: str = ""
    passages: tuple[str, ...] = ()  # passage_ids that it cites, each once
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One thing that happened; what does not apply stays as it is."""

    action: Action
    request_id: str
    principals: frozenset[str]
    query: str = ""
    collections: Sequence[str] = ()
    mode: str = ""
    total: int = 0
    returned: int = 0
    worded: bool = True
    took_ms: float = 0.0
    doc_id: str = ""  # of feedback
    rank: int = 0
    kind: str = ""  # of feedback
    answer: Given | None = None


@dataclass(slots=True)
class QueryLog:
    """Writes lines that are whole or not there, also from several processes; forgets what is older than `days`."""

    folder: Path
    text: Text = "full"  # "hashed": equal questions can be told to be equal, and nothing else; "off": nothing of them
    days: int = 90
    _cleared: date | None = field(default=None)

    def write(self, what: Logged) -> None:
        """Add a line; a log that cannot be written is no reason to refuse an answer, so errors are the caller's.

        Raises:
            OSError: the folder cannot be written.

        """
        now = datetime.now(UTC)
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._cleared != now.date():
            self.forget(now.date())
            self._cleared = now.date()
        line = orjson.dumps(record(what, at=now, text=self.text), option=orjson.OPT_APPEND_NEWLINE)
        handle = os.open(self.folder / NAME.format(day=now.date()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)  # one call, appended: lines of two processes never mix
        finally:
            os.close(handle)

    def forget(self, today: date) -> None:
        """Remove the files of days that are too long ago."""
        oldest = NAME.format(day=today - timedelta(days=self.days))
        for file in self.folder.glob(NAME.format(day="*")):
            if file.name < oldest:
                file.unlink(missing_ok=True)


def record(what: Logged, *, at: datetime, text: Text) -> dict[str, Any]:
    """Give the line of what happened, in ECS and fields of our own."""
    asked: dict[str, str] = {}
    if what.query and text != "off":
        asked["hash"] = digest(" ".join(what.query.casefold().split()))
    if what.query and text == "full":
        asked["text"] = what.query
    own: dict[str, Any] = {
        "query": asked,
        "collection": list(what.collections),
        "mode": what.mode,
        "hits": {"total": what.total, "returned": what.returned, "worded": what.worded},
        "took_ms": round(what.took_ms),
        "acl": {"principals_count": len(what.principals)},
    }
    if what.doc_id:
        own |= {"document": what.doc_id, "feedback": what.kind, "rank_clicked": what.rank}
    if given := what.answer:
        cited = list(given.passages)
        told = {"status": given.status, "method": given.method, "reason": given.reason, "passages": cited}
        own["answer"] = {**told, "grounded": bool(cited), "citations": len(cited)}
        own["tokens"] = {"input": given.input_tokens, "output": given.output_tokens}
    return {
        "@timestamp": at.isoformat(timespec="milliseconds"),
        "ecs": {"version": ECS},
        "message": what.action,
        "log": {"level": "info"},
        "event": {
            "kind": "event",
            "category": ["web"],
            "type": ["access"],
            "action": what.action,
            "dataset": "groundsel.query",
            "outcome": "success",
            "duration": round(what.took_ms * 1_000_000),
            "id": what.request_id,
        },
        "user": {"hash": digest("\n".join(sorted(what.principals)))},
        "service": {"name": "groundsel", "version": version("groundsel")},
        "groundsel": own,
    }


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def lines(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Give every line of a log, oldest first; a last line that was cut short is passed over.

    Raises:
        InvalidInput: there is no log, or a line in the middle of a file is no JSON; names it.

    """
    files = log_files(folder)
    if not files:
        raise InvalidInput(
            f"there is no query log at {folder}; `groundsel serve` writes one, unless log.queries is off"
        )
    for file in files:
        yield from lines_of(file)


def log_files(folder: Path) -> list[Path]:
    """Give the files of a log, a day each, oldest first."""
    return sorted(folder.glob(NAME.format(day="*")))


def lines_of(file: Path) -> Iterator[Mapping[str, Any]]:
    """Give every line of one day, as `lines` does."""
    content = file.read_bytes().split(b"\n")
    for number, line in enumerate(content, start=1):
        if line:
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                if number < len(content):
                    raise InvalidInput(f"{file}, line {number}: this is no JSON; remove the line") from None
