"""What someone at a terminal sees of a run: a bar with the time left, then the sums and what was not taken."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from groundsel_ingest.report import Report
from groundsel_ingest.stages import Progress as Told

MOST_REASONS = 10  # shown; `--json` has all of them


class Bar:
    """A bar on stderr that grows as documents are discovered."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task
        self._discovered = 0

    def discovered(self, count: int) -> None:
        self._discovered += count
        self._bar.update(self._task, total=self._discovered)

    def done(self, count: int) -> None:
        self._bar.advance(self._task, count)


@contextmanager
def open_progress() -> Generator[Told]:
    """Show a bar while a run goes on; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield Bar(bar, bar.add_task("indexing", total=None))


def show(report: Report) -> None:
    """Print the sums in words, every reason for a rejection with its count, and the warnings."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{report.discovered} documents in {escape(report.place)}: [bold]{report.indexed} indexed[/], "
        f"{report.unchanged} unchanged, {report.rejected} rejected; {report.deleted} deleted "
        f"({report.seconds:.1f} s)"
    )
    reasons = report.reasons()
    for reason, count, example in reasons[:MOST_REASONS]:
        others = f" and {count - 1} others" if count > 1 else ""
        console.print(f"[yellow]rejected[/] {escape(example)}{others}: {escape(reason)}")
    if len(reasons) > MOST_REASONS:
        console.print(f"... and {len(reasons) - MOST_REASONS} other reasons; --json shows all")
    for warning in report.warnings:
        console.print(f"[yellow]note[/] {escape(warning)}")


def to_json(report: Report) -> str:
    return json.dumps(asdict(report), indent=2, ensure_ascii=False)
