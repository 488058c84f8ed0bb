"""What every benchmark shares: the machine's name, one table, one JSON file, and where the evaluation sets lie."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from rich.console import Console
from rich.table import Table

import clapnq
from groundsel_pipelines.evaluating.machine import this_machine

SHARED_DATA = Path(os.environ.get("GROUNDSEL_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
DEMO = Path(__file__).parents[1] / "examples" / "demo-company"

Row = Mapping[str, object]
Clock = Callable[[], float]
"""Tells seconds since some moment."""


def arguments(description: str) -> argparse.ArgumentParser:
    """Give the parser that every benchmark starts from: `--json FILE`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    return parser


def timed_arguments(description: str) -> argparse.ArgumentParser:
    """Give a parser that also asks which clock counts."""
    parser = arguments(description)
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count the processor's seconds, where others use the machine too; set GROUNDSEL_MODELS__THREADS=1",
    )
    return parser


def clock_of(options: argparse.Namespace) -> Clock:
    return process_time if options.processor_time else perf_counter


def report(title: str, rows: Sequence[Row], *, json_file: Path | None = None) -> None:
    """Print the rows as a table under the machine's name and, where asked, write them as JSON."""
    machine = this_machine()
    table = Table(title=title, caption=str(machine))
    columns = list(dict.fromkeys(column for row in rows for column in row))
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_shown(row.get(column, "")) for column in columns))
    Console(width=max(100, 14 * len(columns))).print(table)
    if json_file:
        result = {"title": title, "machine": str(machine), "at": datetime.now(UTC).isoformat(), "rows": list(rows)}
        json_file.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def set_folder(name: str) -> Path:
    """Give the folder of an evaluation set: the demo company's, which is ours, or one of the shared ones."""
    if name == clapnq.NAME:
        return clapnq.as_beir(shared_data(name))
    return DEMO if name == DEMO.name else shared_data(name)


def shared_data(name: str) -> Path:
    """Give the folder of an evaluation set, or end the run saying that it is not on this machine."""
    folder = SHARED_DATA / name
    if not folder.is_dir():
        sys.exit(f"skipped: the evaluation set {name} is not at {folder}; GROUNDSEL_SHARED_DATA names another place")
    return folder
