"""What someone sees of a run: how far it is and the time left, then the sums and what was not taken."""

import json
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from groundsel_ingest.history import SourceStatus, ago
from groundsel_ingest.planning import Action, Step
from groundsel_ingest.report import Report
from groundsel_ingest.stages import Progress as Told

MOST_REASONS = 10  # shown; `--json` has all of them
LINE_SECONDS = 5  # between two lines in a log


class Bar:
    """A bar on a terminal that grows as documents are discovered."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task
        self._discovered = 0

    def discovered(self, count: int) -> None:
        self._discovered += count
        self._bar.update(self._task, total=self._discovered)

    def done(self, count: int) -> None:
        self._bar.advance(self._task, count)


class Lines:
    """A plain line now and then, where stderr is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._told = time.monotonic()
        self._discovered = 0
        self._done = 0

    def discovered(self, count: int) -> None:
        self._discovered += count

    def done(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._told >= LINE_SECONDS and self._done < self._discovered:
            self._told = now
            left = (now - self._started) / self._done * (self._discovered - self._done)
            self._console.print(f"indexing: {self._done} of {self._discovered} documents, about {left:.0f} s left")


class Quiet:
    """Nothing: for a daemon, whose reports and `groundsel ingest status` tell."""

    def discovered(self, count: int) -> None:
        pass

    def done(self, count: int) -> None:
        pass


@contextmanager
def open_progress() -> Generator[Told]:
    """Tell on stderr how far a run is, while it goes on."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield Bar(bar, bar.add_task("indexing", total=None))


def teller(*, as_json: bool) -> Callable[[Report | str], None]:
    """Give what prints the news of a process that goes on running: reports to stdout, failures to stderr."""
    failures = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

    def tell(news: Report | str) -> None:
        if isinstance(news, str):
            failures.print(news)
        elif as_json:
            print(json.dumps(asdict(news), ensure_ascii=False), flush=True)  # noqa: T201 - a line for machines
        else:
            show(news)

    return tell


def show(report: Report) -> None:
    """Print the sums in words, every reason for a rejection with its count, and the warnings."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{report.discovered} documents in {escape(report.place)}: [bold]{report.indexed} indexed[/], "
        f"{report.unchanged} unchanged, {report.filtered} of types that are not read, {report.rejected} rejected; "
        f"{report.deleted} deleted ({report.took_s:.1f} s)"
    )
    if report.filtered_types:
        told = ", ".join(f"{count} {kind}" for kind, count in report.filtered_types.items())
        console.print(f"not read: {escape(told)}")
    if reasons := report.reasons():
        table = Table(show_edge=False, pad_edge=False)
        for column in ("not indexed, as", "documents", "for example"):
            table.add_column(column, justify="right" if column == "documents" else "left", overflow="fold")
        for reason, count, example in reasons[:MOST_REASONS]:
            table.add_row(escape(reason), str(count), escape(below(report.place, example)))
        console.print(table)
    if len(reasons) > MOST_REASONS:
        console.print(f"... and {len(reasons) - MOST_REASONS} other reasons; --json shows all")
    for warning in report.warnings:
        console.print(f"[yellow]note[/] {escape(warning)}")
    if report.state == "suspended":
        console.print("stopped before the end; the same command goes on from here")


def below(place: str, uri: str) -> str:
    """Give `uri` as people write it, without the `place` that it begins with."""
    start = f"{Path(place).as_uri()}/" if place.startswith("/") else place
    return unquote(uri.removeprefix(start))


def to_json(told: Report | Sequence[Report] | Sequence[SourceStatus] | Sequence[Step]) -> str:
    values = [asdict(each) for each in told] if isinstance(told, Sequence) else asdict(told)
    return json.dumps(values, indent=2, ensure_ascii=False, default=datetime.isoformat)


def show_statuses(statuses: Sequence[SourceStatus], *, now: datetime) -> None:
    """Print a line for each source, then what went wrong with it."""
    console = Console(highlight=False, soft_wrap=True)
    table = Table(show_edge=False, pad_edge=False)
    for column in ("source", "state", "documents", "last sync", "next run", "last run"):
        table.add_column(column, justify="right" if column == "documents" else "left", overflow="fold")
    for status in statuses:
        table.add_row(
            escape(f"{status.collection}/{status.source}"),
            status.state.replace("_", " "),
            str(status.documents),
            ago(status.last_sync, now=now),
            f"{status.next_run.astimezone():%Y-%m-%d %H:%M}" if status.next_run else "when asked for",
            run_in_words(status),
        )
    console.print(table)
    for status in statuses:
        if status.error:
            console.print(f"[yellow]{escape(status.source)}[/] {escape(status.error)}")
        for letter in status.dead_letters[:MOST_REASONS]:
            console.print(f"[yellow]{escape(status.source)}[/] {escape(unquote(letter.uri))}: {escape(letter.reason)}")
        if status.dead_letters:
            more = len(status.dead_letters) - MOST_REASONS
            rest = f"... and {more} more; --json shows all. " if more > 0 else ""
            console.print(f"{rest}To try them again: groundsel ingest retry {escape(status.source)}")


def run_in_words(status: SourceStatus) -> str:
    """Say what the last run did or has done so far, how fast, and how long it still takes."""
    told = [f"{count} {name}" for name, count in status.sums.items() if count and name != "discovered"]
    if status.per_second:
        told.append(f"{status.per_second:.1f}/s")
    if status.seconds_left is not None:
        told.append(f"about {status.seconds_left:.0f} s left")
    return ", ".join(told)


def show_steps(steps: Sequence[Step]) -> None:
    """Print what a run would do: the documents that it would touch, and the sums."""
    console = Console(highlight=False, soft_wrap=True)
    for step in steps:
        if step.action not in {"leave", "filter"}:
            console.print(f"{step.action:<7} {escape(step.uri)}: {escape(step.reason)}")
    counts = Counter(step.action for step in steps)
    told = ", ".join(f"{counts[action]} to {action}" for action in get_args(Action))
    console.print(f"{told}; nothing was done")
