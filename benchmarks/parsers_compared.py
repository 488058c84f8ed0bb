"""Reads the same files with our parsers and with other well-kept libraries: text, pages, tables, time, memory.

The reference for PDF is poppler's pdftotext, page by page: none of the libraries is made of it.
"""

import csv
import io
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from fixture_notes import NO_TEXT_LAYER, NOT_LOOKED_FOR, SCANS, WITHOUT_TEXT
from groundsel_ingest.extracting.formats import media_type
from groundsel_ingest.extracting.parsing import parse_file
from parsing import unpacked
from reporting import Row, arguments, report, shared_data

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # where small files of every kind are made

from small_files import pdf, sheets, slides, word

WORD = re.compile(r"\w+")
FILE_SECONDS = 30
TABLE = (("Item", "Price", "Stock"), ("Valve", "12", "340"), ("Pump", "230", "15"), ("Hose", "7", "1200"))

Pages = Sequence[str]  # the text of each page; of what has none, or where they are not told, one


def groundsel(path: Path) -> Pages:
    with path.open("rb") as file:
        parsed = parse_file(file, media_type=media_type(path.name) or "", name=path.name)
    pages: dict[int, list[str]] = {}
    for block in parsed.blocks:
        pages.setdefault(block.page or 0, []).append(parsed.text[block.start : block.end])
    last = max(pages, default=0)
    return ["\n".join(pages.get(number, [])) for number in range(1 if last else 0, last + 1)]


def kreuzberg(path: Path) -> Pages:
    from kreuzberg import ExtractionConfig, PageConfig, extract_file_sync

    found = extract_file_sync(path, config=ExtractionConfig(pages=PageConfig(extract_pages=True)))
    pages = [page["content"] if isinstance(page, dict) else page.content for page in found.pages or ()]
    return pages if any(pages) else [found.content]


def markitdown(path: Path) -> Pages:
    from markitdown import MarkItDown

    return [MarkItDown(enable_plugins=False).convert(path).text_content]


def pypdf(path: Path) -> Pages:
    """Read PDF alone."""
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(path).pages]


PARSERS: Mapping[str, Callable[[Path], Pages]] = {
    "groundsel": groundsel, "kreuzberg": kreuzberg, "markitdown": markitdown, "pypdf": pypdf,
}  # fmt: skip
ONLY: Mapping[str, frozenset[str]] = {"pypdf": frozenset({".pdf"})}
"""What those that read not all of our types are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What each parser is given, written down for a process of its own."""

    fixtures: Sequence[Path]  # that must parse
    pdfs: Sequence[Path]
    tables: Sequence[Path]

    def of(self, suffixes: frozenset[str]) -> "Work":
        """Give the files of these types."""
        return Work(
            fixtures=[path for path in self.fixtures if path.suffix in suffixes],
            pdfs=self.pdfs,
            tables=[path for path in self.tables if path.suffix in suffixes],
        )


def timed(parse: Callable[[Path], Pages], path: Path) -> Pages:
    """Parse one file, as long as it may take; what fails has no text."""

    def end(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(number, frame)

    signal.signal(signal.SIGALRM, end)
    signal.alarm(FILE_SECONDS)
    try:
        return parse(path)
    except Exception:  # noqa: BLE001 - parsers fail in every way
        return []
    finally:
        signal.alarm(0)


def words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.casefold()))


def recall(found: Counter[str], reference: Counter[str]) -> float:
    return (found & reference).total() / reference.total() if reference else 1.0


def reference_pages(path: Path) -> Pages:
    told = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True)  # noqa: S607 - Debian's
    return told.stdout.decode(errors="replace").split("\f")[:-1]


def measure(name: str, work: Work) -> Row:
    """Run in a process of its own."""
    parse = PARSERS[name]
    reads = ONLY.get(name)
    work = work if reads is None else work.of(reads)
    timed(parse, work.tables[0])  # loads what it needs
    started = time.monotonic()
    with_text = {path.name: bool("".join(timed(parse, path)).strip()) for path in work.fixtures}
    holding = with_text.keys() - NO_TEXT_LAYER
    fixtures_seconds = time.monotonic() - started
    whole: list[float] = []
    paged: list[float] = []
    seconds = 0.0
    pages = 0
    for path in work.pdfs:
        reference = [words(page) for page in reference_pages(path)]
        started = time.monotonic()
        found = [words(page) for page in timed(parse, path)]
        seconds += time.monotonic() - started
        pages += len(reference)
        all_found, all_reference = sum(found, Counter[str]()), sum(reference, Counter[str]())
        whole.append(recall(all_found, all_reference))
        if len(found) > 1:
            there = sum((a & b).total() for a, b in zip(found, reference, strict=False))
            paged.append(there / max(all_reference.total(), 1))
    return {
        "parser": name,
        "ok files": len(with_text),
        "with text": sum(with_text.values()) / len(with_text),
        "with a text layer": len(holding),
        "of these with text": sum(with_text[name] for name in holding) / len(holding),
        "without": sorted(name for name, found in with_text.items() if not found),
        "ok files, s": fixtures_seconds,
        "PDF pages": pages,
        "words found": sum(whole) / len(whole),
        "on their page": sum(paged) / len(paged) if paged else "no pages",
        "PDF pages/s": pages / seconds,
        "table rows kept": kept_rows(parse, work.tables),
        "memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def kept_rows(parse: Callable[[Path], Pages], tables: Sequence[Path]) -> float:
    """Give the share of rows whose cells stand on one line, in their order."""
    kept = 0
    for path in tables:
        lines = "\n".join(timed(parse, path)).splitlines()
        kept += sum(any(re.search(r"\b.*?\b".join(row), line) for line in lines) for row in TABLE)
    return kept / (len(tables) * len(TABLE))


def make_tables(folder: Path) -> list[Path]:
    """Write the table as every kind of file."""

    def table(document: object) -> None:
        made = document.add_table(rows=len(TABLE), cols=3)  # type: ignore[attr-defined]
        for row, texts in zip(made.rows, TABLE, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text

    text = io.StringIO()
    csv.writer(text).writerows(TABLE)
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in TABLE)
    files = {
        "table.docx": word(table),
        "table.xlsx": sheets(Prices=TABLE),
        "table.pptx": slides(("Prices", ["All of them"]), rows=TABLE),
        "table.html": f"<html><body><h1>Prices</h1><table>{rows}</table></body></html>".encode(),
        "table.csv": text.getvalue().encode(),
        "table.pdf": pdf([(11, "      ".join(row)) for row in TABLE]),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--only", choices=list(PARSERS), help="one of them")
    parser.add_argument("--measure", help="used by the run itself: measure one parser, print JSON")
    options = parser.parse_args()
    if options.measure:
        given = json.loads(sys.stdin.read())
        work = Work(**{name: [Path(path) for path in paths] for name, paths in given.items()})
        print(json.dumps(measure(options.measure, work)))
        return
    if shutil.which("pdftotext") is None:
        sys.exit("skipped: no pdftotext; on Debian: apt-get install poppler-utils")
    rows = []
    with tempfile.TemporaryDirectory(prefix="groundsel-parsers-") as name:
        folder = Path(name)
        fixtures = [
            each.path for each in unpacked(shared_data("parser-fixtures"), folder) if each.group.startswith("ok")
        ]
        given = {
            "fixtures": [str(path) for path in fixtures],
            "pdfs": [str(path) for path in sorted(shared_data("contoso-hr").rglob("*.pdf"))],
            "tables": [str(path) for path in make_tables(folder)],
        }
        for each in [options.only] if options.only else list(PARSERS):
            if each != "groundsel" and not find_spec(each):
                print(f"{each} is not installed: uv pip install --group peers", file=sys.stderr)
                continue
            command = [sys.executable, __file__, "--measure", each]
            done = subprocess.run(command, check=False, input=json.dumps(given), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)  # fmt: skip
            lines = done.stdout.strip().splitlines()
            rows.append(json.loads(lines[-1]) if lines and not done.returncode else {"parser": each})
    for row in rows:
        for each in row.pop("without", ()):
            print(f"{row['parser']} has no text of {each}: {reason(each)}")
    report("The same files by several libraries", rows, json_file=options.json)


def reason(name: str) -> str:
    return WITHOUT_TEXT.get(name) or SCANS.get(name) or NOT_LOOKED_FOR.get(name) or "it holds text"


if __name__ == "__main__":
    main()
