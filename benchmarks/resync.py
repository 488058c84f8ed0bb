"""Syncs a folder for the first time, then where nothing has changed: how long it takes, and how much memory."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import apsw

from reporting import Row, arguments, report

INGEST = Path(__file__).resolve().parents[1] / "tests" / "crashing.py"  # a real sync; only its embedder is cheap
FILES_OF_A_FOLDER = 1000
PAUSE_SECONDS = 0.5


def write_files(folder: Path, count: int) -> None:
    for number in range(count):
        below = folder / f"{number // FILES_OF_A_FOLDER}"
        below.mkdir(exist_ok=True)
        (below / f"{number}.txt").write_text(f"Note {number} says that pump {number} was oiled.\n", encoding="utf-8")


def of_real_embedder(folder: Path, index: Path) -> list[str]:
    """Give the command of a sync as people run it."""
    place = f"GROUNDSEL_STORE__FOLDER={index}"
    return ["env", place, str(Path(sys.executable).with_name("groundsel")), "ingest", "run", str(folder), "--json"]


def of_cheap_embedder(folder: Path, index: Path) -> list[str]:
    return [sys.executable, str(INGEST), str(folder), str(index)]


COMMANDS = {"cheap": of_cheap_embedder, "real": of_real_embedder}


def sync(command: list[str], index: Path, marks: list[int]) -> tuple[float, float, dict[int, float]]:
    """Run a sync to its end in a process of its own.

    Gives its seconds, its largest memory in MB, and its memory when it had stored as many documents as each of `marks`.
    """
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    at, waiting = dict[int, float](), sorted(marks)
    while not (ended := os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
        time.sleep(PAUSE_SECONDS)
        if waiting and stored(index) >= waiting[0] and (memory := resident(process.pid)):  # 0 once it has ended
            at[waiting[0]] = memory
            print(f"{waiting.pop(0)} documents: {memory:.0f} MB", file=sys.stderr)
    seconds = time.monotonic() - started
    _, status, usage = os.wait4(ended.si_pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the sync ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024, at


def stored(index: Path) -> int:
    """Count the documents that are stored by now; none while the store is being made."""
    try:
        with closing(apsw.Connection(str(index / "groundsel.db"), flags=apsw.SQLITE_OPEN_READONLY)) as documents:
            return int(documents.execute("SELECT max(row) FROM document").get or 0)
    except apsw.Error:
        return 0


def resident(process: int) -> float:
    """Give the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1024**2


def row(what: str, files: int, measured: tuple[float, float, dict[int, float]]) -> Row:
    seconds, memory, at = measured
    return {"sync": what, "files": files, "seconds": seconds, "files/s": files / seconds, "memory, MB": memory,
            **{f"at {count}, MB": there for count, there in at.items()}}  # fmt: skip


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="in the folder")
    parser.add_argument("--home", type=Path, help="keep folder and index there, and use them again")
    parser.add_argument("--embedder", choices=COMMANDS, default="cheap", help="the real one is the configured model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundsel-resync-") as temporary:
        home = options.home or Path(temporary)
        folder, index = home / "documents", home / "index"
        rows = []
        command = COMMANDS[options.embedder](folder, index)
        quarters = [options.files * quarter // 4 for quarter in (1, 2, 3, 4)]
        if not index.exists():
            folder.mkdir(parents=True)
            write_files(folder, options.files)
            rows.append(row("first", options.files, sync(command, index, quarters)))
        rows.append(row("nothing changed", options.files, sync(command, index, [])))
    report("A sync of unchanged files", rows, json_file=options.json)


if __name__ == "__main__":
    main()
