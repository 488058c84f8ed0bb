"""Saves, changes and deletes files in a watched folder, and looks how soon a search in another process knows of it."""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import anyio

from groundsel_pipelines.composition import open_embedder, open_store
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.settings import Settings, StoreSettings
from groundsel_pipelines.types import PUBLIC, Query
from reporting import Row, arguments, report

COLLECTION = "freshness"
LONGEST = 60.0  # seconds; then the run ends: it would never be found
LOOK = 0.01  # seconds between two searches
WORDS = ("pump", "valve", "filter", "gauge", "hose", "boiler", "sensor", "motor")


def write(folder: Path, number: int, *, edition: str) -> str:
    """Write a note that holds one word that no other holds; gives that word."""
    word = f"marker{number}{edition}"
    below = folder / str(number // 1000)
    below.mkdir(exist_ok=True)
    kinds = ", ".join(random.Random(number).sample(WORDS, 4))  # noqa: S311 - the same texts in every run
    (below / f"{number}.md").write_text(f"# Note {number}\n\nIt says {word}. The {kinds} were checked.\n", "utf-8")
    return word


async def knows(store: Store, word: str) -> bool:
    return bool(await store.search_lexical(Query(text=word, principals=frozenset({PUBLIC}))))


async def forgot(store: Store, word: str) -> bool:
    return not await knows(store, word)


async def seconds_until(ready: Callable[[], Awaitable[bool]]) -> float:
    started = time.monotonic()
    with anyio.fail_after(LONGEST):
        while not await ready():  # noqa: ASYNC110 - it waits for another process
            await anyio.sleep(LOOK)
    return time.monotonic() - started


async def measure(folder: Path, settings: Settings, *, files: int, times: int) -> list[Row]:
    found: dict[str, list[float]] = {
        "saved, to found": [],
        "changed, to the new found": [],
        "deleted, to forgotten": [],
    }
    async with open_store(settings, embedder=open_embedder(settings)) as store:
        await seconds_until(partial(knows, store, f"marker{files - 1}a"))
        for number in range(files, files + times):
            first = write(folder, number, edition="a")
            found["saved, to found"].append(await seconds_until(partial(knows, store, first)))
            second = write(folder, number, edition="b")
            found["changed, to the new found"].append(await seconds_until(partial(knows, store, second)))
            (folder / str(number // 1000) / f"{number}.md").unlink()
            found["deleted, to forgotten"].append(await seconds_until(partial(forgot, store, second)))
    return [row(what, files, seconds) for what, seconds in found.items()]


def row(what: str, files: int, seconds: Sequence[float]) -> Row:
    ordered = sorted(seconds)
    return {
        "what": what,
        "files": files,
        "times": len(ordered),
        "median, s": statistics.median(ordered),
        "p95, s": ordered[int(0.95 * (len(ordered) - 1))],
        "slowest, s": ordered[-1],
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=1000, help="in the folder")
    parser.add_argument("--times", type=int, default=20, help="how often each is done")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundsel-freshness-") as name:
        home = Path(name)
        folder, index = home / "documents", home / "index"
        folder.mkdir()
        for number in range(options.files):
            write(folder, number, edition="a")
        (home / "groundsel.toml").write_text(
            f'collection = "{COLLECTION}"\n[store]\nfolder = {json.dumps(str(index))}\n', encoding="utf-8"
        )
        command = [sys.executable, "-m", "groundsel_pipelines", "ingest", "run", str(folder), "--watch"]
        with subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL) as process:
            try:
                settings = Settings(collection=COLLECTION, store=StoreSettings(folder=index))
                rows = anyio.run(lambda: measure(folder, settings, files=options.files, times=options.times))
            finally:
                process.terminate()
    report("A watched folder, and a search in another process", rows, json_file=options.json)


if __name__ == "__main__":
    main()
