"""Syncs a folder in which nothing has changed: how long it takes, and how much memory."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reporting import Row, arguments, report

INGEST = Path(__file__).resolve().parents[1] / "tests" / "crashing.py"  # a real sync; only its embedder is cheap
FILES_OF_A_FOLDER = 1000


def write_files(folder: Path, count: int) -> None:
    for number in range(count):
        below = folder / f"{number // FILES_OF_A_FOLDER}"
        below.mkdir(exist_ok=True)
        (below / f"{number}.txt").write_text(f"Note {number} says that pump {number} was oiled.\n", encoding="utf-8")


def sync(folder: Path, index: Path) -> tuple[float, float]:
    """Run a sync to its end in a process of its own; gives its seconds and its largest memory in MB."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, str(INGEST), str(folder), str(index)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the sync ended with {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def row(what: str, files: int, measured: tuple[float, float]) -> Row:
    seconds, memory = measured
    return {"sync": what, "files": files, "seconds": seconds, "files/s": files / seconds, "memory, MB": memory}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="in the folder")
    parser.add_argument("--home", type=Path, help="keep folder and index there, and use them again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundsel-resync-") as temporary:
        home = options.home or Path(temporary)
        folder, index = home / "documents", home / "index"
        rows = []
        if not index.exists():
            folder.mkdir(parents=True)
            write_files(folder, options.files)
            rows.append(row("first", options.files, sync(folder, index)))
        rows.append(row("nothing changed", options.files, sync(folder, index)))
    report("A sync of unchanged files", rows, json_file=options.json)


if __name__ == "__main__":
    main()
