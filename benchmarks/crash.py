"""Kills an ingest at random points, runs it again, and compares what is stored with an undisturbed run's."""

import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from reporting import arguments, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # where the ingest that is killed lives

from crashing import change_documents, complete, digest, kill, write_documents


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--kills", type=int, default=30, help="how often")
    parser.add_argument("--documents", type=int, default=300, help="in the folder at first")
    parser.add_argument("--seed", type=int, default=1, help="of the random points")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundsel-crash-") as home:
        row = run(Path(home), documents=options.documents, kills=options.kills, seed=options.seed)
    report("Ingests killed and run again", [row], json_file=options.json)
    if row["digests equal"] != options.kills or row["acknowledged and lost"]:
        sys.exit(1)


def run(home: Path, *, documents: int, kills: int, seed: int) -> dict[str, object]:
    folder, index = home / "documents", home / "index"
    folder.mkdir()
    write_documents(folder, documents)
    complete(folder, index)
    change_documents(folder, documents)
    undisturbed = shutil.copytree(index, home / "undisturbed")
    seconds = complete(folder, undisturbed)
    markers = range(documents + documents // 3)
    expected = digest(undisturbed, markers=markers)
    points = random.Random(seed)  # noqa: S311 - any points will do
    equal = lost = in_time = 0
    acknowledged = []
    for number in range(1, kills + 1):
        disturbed = shutil.copytree(index, home / "disturbed")
        after = points.uniform(0, seconds)
        killed = kill(folder, disturbed, after=after)
        complete(folder, disturbed)
        same = digest(disturbed, markers=markers) == expected
        equal += same
        lost += killed.lost
        in_time += killed.in_time
        acknowledged.append(killed.acknowledged)
        print(
            f"{number} of {kills}: killed after {after:.2f} s, {'the same' if same else 'DIFFERENT'}", file=sys.stderr
        )
        shutil.rmtree(disturbed)
    return {
        "kills": kills,
        "while running": in_time,
        "digests equal": equal,
        "acknowledged and lost": lost,
        "acknowledged at the kill, min": min(acknowledged),
        "median": statistics.median(acknowledged),
        "max": max(acknowledged),
        "undisturbed, s": seconds,
    }


if __name__ == "__main__":
    main()
