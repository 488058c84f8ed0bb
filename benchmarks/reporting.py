"""What every benchmark shares: the machine's name, one table, one JSON file, and where the evaluation sets lie."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

SHARED_DATA = Path(os.environ.get("GROUNDSEL_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a figure depends on and a reader must know."""

    processor: str
    cores: int
    instructions: str  # those that decide how fast int8 is
    python: str

    def __str__(self) -> str:
        return f"{self.processor}, {self.cores} cores, {self.instructions}, Python {self.python}"


def this_machine() -> Machine:
    """Read the processor's name and its vector instructions; unknown where the system does not tell."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace") if Path("/proc/cpuinfo").exists() else ""
    fields = dict(line.split(":", 1) for line in cpu.split("\n\n")[0].splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in fields.items()}
    flags = set(facts.get("flags", "").split())
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8") if flag in flags]
    return Machine(
        processor=facts.get("model name", platform.processor() or "unknown processor"),
        cores=os.cpu_count() or 1,
        instructions="+".join(known) or "unknown instructions",
        python=platform.python_version(),
    )


def arguments(description: str) -> argparse.ArgumentParser:
    """Give the parser that every benchmark starts from: `--json FILE`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    return parser


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


def shared_data(name: str) -> Path:
    """Give the folder of an evaluation set, or end the run saying that it is not on this machine."""
    folder = SHARED_DATA / name
    if not folder.is_dir():
        sys.exit(f"skipped: the evaluation set {name} is not at {folder}; GROUNDSEL_SHARED_DATA names another place")
    return folder
