"""How each source stands, read from the ledger while others may be writing it."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from groundsel_ingest.lease import is_held, lock_of
from groundsel_ingest.ledger_file import FILE_NAME, connect_to_read, guarded
from groundsel_ingest.report import State
from groundsel_ingest.schedule import read_schedule
from groundsel_pipelines.settings import SourceSettings
from groundsel_pipelines.stores.embedded.checked import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    uri: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source: what is indexed of it, and how its last run went or goes."""

    collection: str
    source: str
    kind: str
    place: str
    state: State
    documents: int  # in the index
    last_sync: datetime | None  # the end of the last run that came to its end
    last_start: datetime | None
    next_run: datetime | None
    sums: Mapping[str, int]  # of the last run, or of the one that goes on
    per_second: float | None  # documents of that run
    seconds_left: float | None  # of a run that goes on
    error: str  # of the last run: why it broke off, or what to look after
    dead_letters: tuple[DeadLetter, ...] = ()


def read_statuses(
    folder: Path, *, sources: Mapping[str, SourceSettings], collection: str, now: datetime
) -> list[SourceStatus]:
    """Give every source that ever ran or is configured; `collection` is that of sources that name none.

    Raises:
        Unavailable: the ledger cannot be read.

    """
    found: dict[tuple[str, str], SourceStatus] = {}
    path = folder / FILE_NAME
    with guarded(path), closing(connect_to_read(path)) as ledger:
        for key in listed(ledger.execute):
            found[key] = _status(ledger.execute, key, folder, sources.get(key[1]), now)
    for name, source in sources.items():
        key = (source.collection or collection, name)
        if key not in found:
            schedule = read_schedule(source.schedule, source=name)
            due = schedule.next_run(None, now=now) if schedule else None
            found[key] = SourceStatus(
                collection=key[0], source=name, kind=source.kind, place="", state="pending", documents=0,
                last_sync=None, last_start=None, next_run=due, sums={},
                per_second=None, seconds_left=None, error="",
            )  # fmt: skip
    return [found[key] for key in sorted(found)]


def listed(run: Run) -> list[tuple[str, str]]:
    """Give collection and name of every source that ever ran."""
    return run("SELECT collection, name FROM source").fetchall()


def _status(run: Run, key: tuple[str, str], folder: Path, source: SourceSettings | None, now: datetime) -> SourceStatus:
    (place,) = run("SELECT place FROM source WHERE collection = ? AND name = ?", key).fetchone()
    runs = run(
        "SELECT state, started_at, updated_at, ended_at, sums, error FROM run WHERE collection = ? AND source = ?"
        " ORDER BY run DESC",
        key,
    ).fetchall()
    tried = [at for state, at, _, _, sums, _ in runs if state != "error" or sums != "{}"]  # else it could not begin
    (documents,) = run(
        "SELECT count(*) FROM document WHERE collection = ? AND source = ? AND state = 'acknowledged'", key
    ).fetchone()
    letters = run(
        "SELECT item, reason FROM document WHERE collection = ? AND source = ? AND state = 'rejected'", key
    ).fetchall()
    state, started, updated, _, written, error = runs[0]
    if state == "in_progress" and not is_held(lock_of(folder, collection=key[0], source=key[1])):
        state = "suspended"  # killed: the next run goes on
    sums = json.loads(written)
    seconds = (datetime.fromisoformat(updated) - datetime.fromisoformat(started)).total_seconds()
    done = sum(sums.get(name, 0) for name in ("indexed", "unchanged", "filtered", "rejected"))
    rate = done / seconds if seconds > 0 and done else None
    last_start = datetime.fromisoformat(tried[0]) if tried else None
    schedule = read_schedule(source.schedule, source=key[1]) if source else None
    ended = [at for state, _, _, at, _, _ in runs if at and state.startswith("completed")]
    return SourceStatus(
        collection=key[0],
        source=key[1],
        kind=source.kind if source else "files",
        place=place,
        state=state,
        documents=documents,
        last_sync=datetime.fromisoformat(ended[0]) if ended else None,
        last_start=last_start,
        next_run=schedule.next_run(last_start, now=now) if schedule else None,
        sums=sums,
        per_second=rate,
        seconds_left=_left(runs, done, rate) if state == "in_progress" else None,
        error=error,
        dead_letters=tuple(DeadLetter(uri=json.loads(item)["uri"], reason=reason) for item, reason in letters),
    )


def _left(runs: list[tuple[str, ...]], done: int, rate: float | None) -> float | None:
    """Estimate the seconds left of the run that goes on: there is at least as much as was listed last time."""
    listed = max(json.loads(run[4]).get("discovered", 0) for run in runs[:2])
    return max(listed - done, 0) / rate if rate else None


def ago(at: datetime | None, *, now: datetime) -> str:
    """Say in words how long ago something was."""
    if at is None:
        return "never"
    return f"{timedelta(seconds=int((now - at).total_seconds()))} ago"


def utc_now() -> datetime:
    return datetime.now(UTC)
