"""Kills an ingest, lets its disk fail, copies its index meanwhile, flips bits of it, and looks at what is left."""

import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reporting import Row, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # where the ingest that is killed lives

from crashing import back_up_during, change_documents, complete, digest, fail, kill, script, write_documents
from failing_disk import faults, most_calls

TESTS = Path(__file__).resolve().parents[1] / "tests"
READING = """
import sys
import zlib
from pathlib import Path
import anyio
from crashing import digest, ranked
index, markers = Path(sys.argv[1]), range(int(sys.argv[2]))
print(digest(index, markers=markers), zlib.crc32(str(anyio.run(ranked, index, markers)).encode()))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A folder that has changed since it was indexed, that index, and what an undisturbed ingest makes of it."""

    home: Path
    markers: range
    expected: str
    seconds: float  # that it takes

    @property
    def documents(self) -> Path:
        return self.home / "documents"

    def copies(self, times: int, what: str) -> Iterator[Path]:
        """Yield a copy of the index as often, and take it away afterwards."""
        for number in range(1, times + 1):
            print(f"{what}: {number} of {times}", file=sys.stderr)
            yield shutil.copytree(self.home / "index", self.home / "disturbed")
            shutil.rmtree(self.home / "disturbed")

    def same(self, index: Path) -> bool:
        return digest(index, markers=self.markers) == self.expected


def prepared(home: Path, documents: int) -> Bench:
    folder, index = home / "documents", home / "index"
    folder.mkdir()
    write_documents(folder, documents)
    complete(folder, index)
    change_documents(folder, documents)
    undisturbed = shutil.copytree(index, home / "undisturbed")
    seconds = complete(folder, undisturbed)
    markers = range(documents + documents // 3)
    return Bench(home=home, markers=markers, seconds=seconds, expected=digest(undisturbed, markers=markers))


def kills(bench: Bench, times: int, points: random.Random) -> Row:
    """Kill the ingest at random points, and run it again."""
    equal = lost = running = acknowledged = 0
    for index in bench.copies(times, "kills"):
        killed = kill(bench.documents, index, after=points.uniform(0, bench.seconds))
        complete(bench.documents, index)
        equal += bench.same(index)
        lost += killed.lost
        running += killed.in_time
        acknowledged += killed.acknowledged
    return {"disturbed by": "SIGKILL", "times": times, "in time": running, "as undisturbed in the end": equal,
            "acknowledged": acknowledged, "of these lost": lost}  # fmt: skip


def failures(bench: Bench, times: int, points: random.Random) -> Row:
    """Let a write or a sync of the disk fail at random points, and run the ingest again."""
    most = most_calls(script(bench.documents, shutil.copytree(bench.home / "index", bench.home / "counted")),
                      bench.home / "calls")  # fmt: skip
    equal = lost = 0
    ended = Counter[str]()
    chosen = iter(faults(most, times, seed=points.randrange(2**32)))
    for index in bench.copies(times, "faults"):
        fault = next(chosen)
        failed = fail(bench.documents, index, fault)
        complete(bench.documents, index)
        equal += bench.same(index)
        lost += failed.lost
        ended[failed.ended] += 1
        print(f"{fault}: {failed}", file=sys.stderr)
    return {"disturbed by": "EIO, ENOSPC", "times": times, "in time": times - ended["completed"],
            "as undisturbed in the end": equal, "of these lost": lost,
            "ended without a sentence": ended["otherwise"]}  # fmt: skip


def backups(bench: Bench, times: int, points: random.Random) -> Row:
    """Copy the index while the ingest runs, and let the copy catch up."""
    equal = 0
    for number, index in enumerate(bench.copies(times, "copies")):
        copy = bench.home / f"copy-{number}"
        back_up_during(bench.documents, index, copy, after=points.uniform(0, bench.seconds))
        complete(bench.documents, copy)
        equal += bench.same(copy)
        shutil.rmtree(copy)
    return {"disturbed by": "copied meanwhile", "times": times, "in time": times, "as undisturbed in the end": equal}


def flips(bench: Bench, times: int, points: random.Random) -> Row:
    """Flip one bit of a file of the index at rest, and read and search all that it holds."""
    told = Counter[str]()
    files = ("groundsel.db", "lexical")
    before = bench.home / "index"
    sound = read(before, bench)
    for number, index in enumerate(bench.copies(times, "flips")):
        place = index / files[number % len(files)]
        flip(
            place
            if place.is_file()
            else points.choice(sorted(each for each in place.rglob("*") if each.is_file() and each.stat().st_size)),
            points,
        )
        found = read(index, bench)
        if not found or found.startswith("damaged"):
            told["refused"] += 1
        else:
            told["harmless or mended" if found == sound else "other results"] += 1
    return {"disturbed by": "a bit flipped", "times": times, **told}


def flip(file: Path, points: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[points.randrange(len(content))] ^= 1 << points.randrange(8)
    file.write_bytes(content)


def read(index: Path, bench: Bench) -> str:
    """Give the digest of an index, "" where it is refused: in a process of its own, which may die of it."""
    command = [sys.executable, "-c", READING, str(index), str(len(bench.markers))]
    told = subprocess.run(command, capture_output=True, text=True, cwd=TESTS, check=False)
    return told.stdout.strip() if told.returncode == 0 else ""


DISTURBANCES: dict[str, tuple[int, Callable[[Bench, int, random.Random], Row]]] = {
    "kills": (30, kills),
    "faults": (40, failures),
    "backups": (20, backups),
    "flips": (100, flips),
}
"""By the name of the option: how often by default, and what is done."""


def main() -> None:
    parser = arguments(__doc__)
    for name, (times, _) in DISTURBANCES.items():
        parser.add_argument(f"--{name}", type=int, default=times, help=f"how often; by default {times}")
    parser.add_argument("--documents", type=int, default=200, help="in the folder at first")
    parser.add_argument("--seed", type=int, default=1, help="of the random points")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="groundsel-crash-") as home:
        bench = prepared(Path(home), options.documents)
        for name, (_, disturb) in DISTURBANCES.items():
            if times := getattr(options, name):
                rows.append(disturb(bench, times, random.Random(options.seed)))  # noqa: S311 - any points will do
    report("Ingests and indices disturbed", rows, json_file=options.json)
    if any(
        row.get("of these lost") or row.get("as undisturbed in the end", row["times"]) != row["times"] for row in rows
    ):
        sys.exit(1)


if __name__ == "__main__":
    main()
