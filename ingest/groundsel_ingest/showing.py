"""What someone sees of a run: how far it is and the time left, then the sums and what was not taken."""

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import unquote

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

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


def show(report: Report) -> None:
    """Print the sums in words, every reason for a rejection with its count, and the warnings."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{report.discovered} documents in {escape(report.place)}: [bold]{report.indexed} indexed[/], "
        f"{report.unchanged} unchanged, {report.rejected} rejected; {report.deleted} deleted "
        f"({report.took_s:.1f} s)"
    )
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


def below(place: str, uri: str) -> str:
    """Give `uri` as people write it, without the `place` that it begins with."""
    start = f"{Path(place).as_uri()}/" if place.startswith("/") else place
    return unquote(uri.removeprefix(start))


def to_json(report: Report) -> str:
    return json.dumps(asdict(report), indent=2, ensure_ascii=False)
