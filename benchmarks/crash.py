"""Kills an ingest, lets its disk fail, copies its index meanwhile, flips bits of it, and looks at what is left."""

import math
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reporting import Row, arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # where the ingest that is killed lives

from crashing import back_up_during, change_documents, complete, write_documents
from disturbing import Disturbed, calls_of, digest_of, fail, finish, kill, reading_of
from failing_disk import Fault, built, every, some
from nursery import Nursery, nursery

EVERY = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A folder that has changed since it was indexed, that index, and what an undisturbed ingest makes of it."""

    nursery: Nursery
    home: Path
    markers: int
    expected: str
    seconds: float  # that it takes
    calls: int  # writes and syncs of the index that it makes

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
        return digest_of(self.nursery, index, markers=self.markers) == self.expected

    def finishes(self, index: Path) -> bool:
        """Run the ingest again, and say whether it leaves what an undisturbed one does."""
        try:
            finish(self.nursery, self.documents, index)
        except AssertionError as error:
            print(error, file=sys.stderr)
            return False
        return self.same(index)


def prepared(nursery: Nursery, home: Path, documents: int, sentences: int) -> Bench:
    folder, index = home / "documents", home / "index"
    folder.mkdir()
    write_documents(folder, documents, sentences=sentences)
    finish(nursery, folder, index)
    change_documents(folder, documents, sentences=sentences)
    calls = calls_of(nursery, folder, shutil.copytree(index, home / "counted"))
    seconds = finish(nursery, folder, shutil.copytree(index, home / "undisturbed")).seconds
    markers = documents + documents // 3
    expected = digest_of(nursery, home / "undisturbed", markers=markers)
    return Bench(nursery=nursery, home=home, markers=markers, seconds=seconds, calls=calls, expected=expected)


def kills(bench: Bench, times: float, points: random.Random) -> Row:
    """Kill the ingest at random points, and run it again."""
    left: list[Disturbed] = []
    equal = 0
    for index in bench.copies(int(times), "kills"):
        left.append(kill(bench.nursery, bench.documents, index, after=points.uniform(0, bench.seconds)))
        equal += bench.finishes(index)
    return {"disturbed by": "SIGKILL", **sums(left, equal)}


def failures(bench: Bench, times: float, points: random.Random) -> Row:
    """Let a write or a sync of the disk fail, at random points or at each, and run the ingest again."""
    left: list[Disturbed] = []
    equal = 0
    chosen = faults(bench.calls, times, points)
    for fault, index in zip(chosen, bench.copies(len(chosen), "faults"), strict=True):
        left.append(fail(bench.nursery, bench.documents, index, fault))
        equal += bench.finishes(index)
        print(f"{fault}: {left[-1]}; as undisturbed: {equal}", file=sys.stderr)
    ended = Counter(each.ended for each in left)
    return {"disturbed by": "EIO, ENOSPC", "of calls": bench.calls, **sums(left, equal),
            **{f"ended {how}" if how == "otherwise" else how: ended[how]
               for how in ("with a sentence", "completed", "otherwise")}}  # fmt: skip


def faults(calls: int, times: float, points: random.Random) -> Sequence[Fault]:
    """Choose as many, or all: then in no order, so that of a run that is broken off something can be said."""
    chosen = list(every(calls)) if times == EVERY else some(calls, int(times), points)
    points.shuffle(chosen)
    return chosen


def sums(left: Sequence[Disturbed], equal: int) -> Row:
    return {
        "times": len(left),
        "in time": sum(each.disturbed for each in left),
        "as undisturbed in the end": equal,
        "acknowledged": sum(each.acknowledged for each in left),
        "of these lost": sum(each.lost for each in left),
    }


def backups(bench: Bench, times: float, points: random.Random) -> Row:
    """Copy the index while the ingest runs, and let the copy catch up."""
    equal = 0
    seconds = complete(bench.documents, shutil.copytree(bench.home / "index", bench.home / "timed"))
    for number, index in enumerate(bench.copies(int(times), "copies")):
        copy = bench.home / f"copy-{number}"
        back_up_during(bench.documents, index, copy, after=points.uniform(0, seconds))
        equal += bench.finishes(copy)
        shutil.rmtree(copy)
    return {"disturbed by": "copied meanwhile", "times": times, "in time": times, "as undisturbed in the end": equal}


def flips(bench: Bench, times: float, points: random.Random) -> Row:
    """Flip one bit of a file of the index at rest, and read and search all that it holds."""
    told = Counter[str]()
    parts = ("groundsel.db", "lexical")
    sound = reading_of(bench.nursery, bench.home / "index", markers=bench.markers)
    for number, index in enumerate(bench.copies(int(times), "flips")):
        part = parts[number % len(parts)]
        flip(points.choice(files_of(index / part)), points)
        found = reading_of(bench.nursery, index, markers=bench.markers)
        if not found or found.startswith("damaged"):
            told[f"{part}: refused"] += 1
        else:
            told[f"{part}: harmless or mended" if found == sound else "other results"] += 1
    return {"disturbed by": "a bit flipped", "times": times, "other results": 0, **told}


def files_of(place: Path) -> list[Path]:
    return (
        [place]
        if place.is_file()
        else sorted(each for each in place.rglob("*") if each.is_file() and each.stat().st_size)
    )


def flip(file: Path, points: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[points.randrange(len(content))] ^= 1 << points.randrange(8)
    file.write_bytes(content)


DISTURBANCES: dict[str, tuple[int, Callable[[Bench, float, random.Random], Row]]] = {
    "kills": (30, kills),
    "faults": (40, failures),
    "backups": (20, backups),
    "flips": (100, flips),
}
"""By the name of the option: how often by default, and what is done."""


def often(text: str) -> float:
    return EVERY if text == "every" else int(text)


def main() -> None:
    parser = arguments(__doc__)
    for name, (times, _) in DISTURBANCES.items():
        parser.add_argument(f"--{name}", type=often, default=times, help=f"how often; by default {times}")
    parser.add_argument("--documents", type=int, default=200, help="in the folder at first")
    parser.add_argument("--sentences", type=int, default=60, help="of each; six make one passage")
    parser.add_argument("--seed", type=int, default=1, help="of the random points")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="groundsel-crash-") as home, nursery(built(Path(home))) as of_ingests:
        bench = prepared(of_ingests, Path(home), options.documents, options.sentences)
        for name, (_, disturb) in DISTURBANCES.items():
            if times := getattr(options, name):
                rows.append(disturb(bench, times, random.Random(options.seed)))  # noqa: S311 - any points will do
    report("Ingests and indices disturbed", rows, json_file=options.json)
    if any(
        row.get("of these lost")
        or row.get("other results")
        or row.get("as undisturbed in the end", row["times"]) != row["times"]
        for row in rows
    ):
        sys.exit(1)


if __name__ == "__main__":
    main()
