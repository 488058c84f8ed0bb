"""The connector of the tutorial does what the tutorial says, and the tutorial shows its code as it is."""

import importlib.util
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import cast

import anyio
import pytest

from fakes import HashEmbedder
from groundsel_ingest.connector import Connector, ConnectorFactory, Source
from groundsel_ingest.job import sync
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.report import Report
from groundsel_ingest.showing import Quiet
from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.stores.memory import MemoryStore

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "examples" / "connector"
MEETINGS = [
    {"id": "1", "title": "Garden", "text": "# Hoses\n\nThey are rolled up.", "held_at": "2026-03-04T10:00:00+00:00"},
    {"id": "2", "title": "Board", "text": "A merger.", "held_at": "2026-03-05T10:00:00+00:00", "group": "board"},
]


@pytest.fixture(scope="module")
def create() -> ConnectorFactory:
    """Give what the package's entry point names."""
    entry = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]["entry-points"]["groundsel.connectors"]
    module, name = entry["minutes"].split(":")
    spec = importlib.util.spec_from_file_location(module, PACKAGE / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return cast("ConnectorFactory", getattr(loaded, name))


@pytest.fixture
def ingest(create: ConnectorFactory, tmp_path: Path) -> Callable[[MemoryStore], Report]:
    connector: Connector = create(
        Source(name="minutes", principals=frozenset({"group:staff"}), options={"file": str(tmp_path / "minutes.jsonl")})
    )

    async def run(store: MemoryStore) -> Report:
        with open_manifest(tmp_path / "ledger", collection="c", source="minutes") as manifest:
            manifest.begin(connector.place, moved=False, access="rules")
            return await sync(
                connector,
                manifest=manifest,
                store=store,
                embedder=HashEmbedder(),
                collection="c",
                progress=Quiet(),
            )

    return lambda store: anyio.run(run, store)


def write(folder: Path, meetings: list[dict[str, str]]) -> None:
    (folder / "minutes.jsonl").write_text("\n".join(map(json.dumps, meetings)), encoding="utf-8")


def test_its_documents_are_indexed_skipped_closed_and_deleted(
    ingest: Callable[[MemoryStore], Report], tmp_path: Path
) -> None:
    store = MemoryStore()
    write(tmp_path, MEETINGS)
    first, second = ingest(store), ingest(store)
    write(tmp_path, MEETINGS[1:])
    third = ingest(store)

    assert (first.state, first.indexed) == ("completed", 2)
    assert (second.indexed, second.unchanged) == (0, 2)
    assert third.deleted == 1

    (doc_id,) = anyio.run(store.versions, "c", "minutes")

    async def read(principal: str) -> str:
        found = await store.read(doc_id, principals=frozenset({principal}))
        return found.title if found else ""

    assert (anyio.run(read, "group:board"), anyio.run(read, "group:staff")) == ("Board", "")


def test_a_file_that_is_not_there_or_broken_deletes_nothing(
    ingest: Callable[[MemoryStore], Report], tmp_path: Path
) -> None:
    store = MemoryStore()
    write(tmp_path, MEETINGS)
    ingest(store)
    for broken in ("no JSON", None):
        file = tmp_path / "minutes.jsonl"
        file.unlink() if broken is None else file.write_text(broken)
        with pytest.raises(InvalidInput, match="mend the file of source 'minutes'"):
            ingest(store)

    assert len(anyio.run(store.versions, "c", "minutes")) == 2


def test_the_tutorial_shows_the_code_as_it_is() -> None:
    code = (PACKAGE / "groundsel_minutes.py").read_text(encoding="utf-8")
    parts = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8").split("\n## ")
    shown = [block for part in parts[2:6] for block in indented(part + "\nend")]

    assert len(shown) == 4
    for block in shown:
        assert block in code or dedent(block) in code


def indented(text: str) -> list[str]:
    """Give the first indented block of a section, as it stands there."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("    "))
    end = next(number for number in range(start, len(lines)) if lines[number] and not lines[number].startswith("    "))
    return ["\n".join(lines[start:end]).rstrip()]
