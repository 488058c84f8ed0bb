"""Parses the collected odd, damaged and ordinary files of other projects' tests, each in a confined child."""

import csv
import hashlib
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import anyio

from fixture_notes import NO_TEXT_LAYER
from groundsel_ingest.extracting.formats import media_type
from groundsel_ingest.extracting.pool import ParserPool, parser_pool
from groundsel_pipelines.errors import Rejected
from reporting import Row, arguments, report, shared_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    group: str  # "ok" must parse, "ok, no text layer" to no text; "odd" has odd encodings, scripts or layouts
    path: Path
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    fixture: Fixture
    seconds: float
    characters: int  # 0: rejected
    partial: bool = False
    reason: str = ""


def unpacked(archives: Path, target: Path) -> list[Fixture]:
    """Unpack the fixtures, check them against their list, and give those of a type that is read."""
    found = []
    for archive in sorted(archives.glob("*.tar.xz")):
        with tarfile.open(archive) as packed:
            packed.extractall(target, filter="data")
    with (archives / "manifest.csv").open(encoding="utf-8", newline="") as listed:
        for entry in csv.DictReader(listed):
            path = target / entry["file"]
            kind = media_type(entry["file"])
            if kind is None or not path.is_file():
                continue
            if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
                sys.exit(f"{entry['file']} is not the file that its list names")
            textless = entry["group"] == "ok" and path.name in NO_TEXT_LAYER
            group = "ok, no text layer" if textless else entry["group"]
            found.append(Fixture(group=group, path=path, media_type=kind))
    return sorted(found, key=lambda fixture: str(fixture.path))


async def ours(fixtures: Sequence[Fixture]) -> list[Parsed]:
    async with parser_pool(1) as pool:
        await parse(pool, fixtures[0])  # starts the child
        return [await parse(pool, fixture) for fixture in fixtures]


async def parse(pool: ParserPool, fixture: Fixture) -> Parsed:
    started = time.monotonic()
    try:
        with fixture.path.open("rb") as file:
            document = await pool.parse(file, media_type=fixture.media_type, name=fixture.path.name)
    except Rejected as error:
        return Parsed(fixture=fixture, seconds=time.monotonic() - started, characters=0, reason=error.reason)
    return Parsed(
        fixture=fixture,
        seconds=time.monotonic() - started,
        characters=len(document.text),
        partial=document.partial_reason is not None,
    )


def kreuzberg(fixtures: Sequence[Fixture]) -> list[Parsed]:
    """Parse with kreuzberg (MIT), a library in Rust, which runs in this process."""
    from kreuzberg import KreuzbergError, extract_file_sync

    def text(path: Path) -> str:
        try:
            return str(extract_file_sync(path).content)
        except (KreuzbergError, RuntimeError, ValueError, OSError) as error:
            raise Rejected(str(error)) from error

    return [timed(text, fixture) for fixture in fixtures]


def timed(text: Callable[[Path], str], fixture: Fixture) -> Parsed:
    started = time.monotonic()
    try:
        characters, reason = len(text(fixture.path).strip()), ""
    except Rejected as error:
        characters, reason = 0, error.reason
    return Parsed(fixture=fixture, seconds=time.monotonic() - started, characters=characters, reason=reason)


PEERS = {"kreuzberg": kreuzberg}


def row(name: str, group: str, found: Sequence[Parsed]) -> Row:
    """Sum up what one parser made of one group of fixtures."""
    count = len(found)
    rejected = [parsed for parsed in found if not parsed.characters]
    without_text = [parsed for parsed in rejected if not parsed.reason or "no text" in parsed.reason]  # scans, mostly
    seconds = sorted(parsed.seconds for parsed in found)
    return {
        "parser": name,
        "group": group,
        "files": count,
        "with text": sum(parsed.characters > 0 for parsed in found) / count,
        "partial": sum(parsed.partial for parsed in found) / count,
        "no text in it": len(without_text) / count,
        "rejected otherwise": (len(rejected) - len(without_text)) / count,
        "median, ms": statistics.median(seconds) * 1000,
        "slowest, s": seconds[-1],
        "all, s": sum(seconds),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rejected", action="store_true", help="also list what was rejected, with the reason")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="groundsel-fixtures-") as target:
        fixtures = unpacked(shared_data("parser-fixtures"), Path(target))
        results = {"groundsel": anyio.run(ours, fixtures)}
        results |= {name: run(fixtures) for name, run in PEERS.items() if find_spec(name)}
    if options.rejected:
        for parsed in results["groundsel"]:
            if not parsed.characters:
                print(f"{parsed.fixture.group}/{parsed.fixture.path.name}: {parsed.reason}")
    rows = [
        row(name, group, [parsed for parsed in found if parsed.fixture.group == group])
        for group in sorted({fixture.group for fixture in fixtures}, reverse=True)
        for name, found in results.items()
    ]
    report("Parsing files of other projects' tests", rows, json_file=options.json)


if __name__ == "__main__":
    main()
