"""A watched folder: what is saved, renamed or taken away is indexed without listing everything."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import anyio
import pytest

from fakes import HashEmbedder
from groundsel_ingest.connector import Delete, Upsert
from groundsel_ingest.connectors.files import Files
from groundsel_ingest.connectors.wanted import Wanted
from groundsel_ingest.report import Report
from groundsel_ingest.running import Task
from groundsel_ingest.showing import Quiet
from groundsel_ingest.watching import Common, Watch
from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.settings import Settings, StoreSettings
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import PUBLIC
from scripted_source import ScriptedSource

EVERYONE = frozenset({PUBLIC})


@pytest.fixture
def files(tmp_path: Path) -> Generator[Files]:
    (tmp_path / "docs/hr").mkdir(parents=True)
    (tmp_path / "docs/a.md").write_text("Anchovies.")
    (tmp_path / "docs/hr/b.md").write_text("Beans.")
    with closing(Files(tmp_path / "docs", name="docs", default=EVERYONE, wanted=Wanted(exclude=("old/",)))) as files:
        yield files


def test_a_look_at_a_file_says_what_became_of_it(files: Files, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "old").mkdir()
    (docs / "old/c.md").write_text("Old.")
    (docs / "link.md").symlink_to(docs / "a.md")

    seen = files.look("hr/b.md")
    assert isinstance(seen, Upsert)
    assert (seen.item.native_id, seen.item.uri) == ("hr/b.md", f"{docs.as_uri()}/hr/b.md")
    for gone in ("c.md", "nowhere/c.md", "old/c.md", ".git/config", "link.md"):
        assert files.look(gone) == Delete(native_id=gone)
    assert files.look("hr") is None
    assert files.look("access.toml") is None


class Bench:
    """A watch at work, what it told, and what is stored."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.reports: list[Report] = []

    def told(self, news: Report | str) -> None:
        assert isinstance(news, Report), news
        self.reports.append(news)

    async def until(self, *stored: str) -> None:
        """Wait until exactly these files are stored."""
        with anyio.fail_after(60):
            while True:
                listing = [
                    document.uri.rsplit("/docs/", 1)[1]
                    for doc_id in await self.store.versions("documents", "docs")
                    if (document := await self.store.read(doc_id, principals=EVERYONE))
                ]
                if sorted(listing) == sorted(stored):
                    return
                await anyio.sleep(0.02)


@asynccontextmanager
async def watching(files: Files, index: Path) -> AsyncGenerator[Bench]:
    stop = anyio.Event()
    bench = Bench(MemoryStore())
    common = Common(
        store=bench.store,
        embedder=HashEmbedder(),
        settings=Settings(store=StoreSettings(folder=index)),
        progress=Quiet(),
        told=bench.told,
        stop=stop,
        turn=anyio.Lock(),
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Watch(Task(connector=files, collection="documents", access="open"), common).run)
        await bench.until("a.md", "hr/b.md")
        yield bench
        stop.set()


def test_what_happens_in_the_folder_happens_in_the_store(files: Files, tmp_path: Path) -> None:
    docs = tmp_path / "docs"

    def save() -> None:
        (docs / ".c.md.part").write_text("Capers.")
        (docs / ".c.md.part").rename(docs / "c.md")

    def make_a_folder() -> None:
        (docs / "new/below").mkdir(parents=True)
        (docs / "new/below/d.md").write_text("Dates.")

    steps: list[tuple[Callable[[], object], tuple[str, ...]]] = [
        (save, ("a.md", "hr/b.md", "c.md")),
        ((docs / "a.md").unlink, ("hr/b.md", "c.md")),
        (lambda: (docs / "c.md").rename(docs / "hr/c.md"), ("hr/b.md", "hr/c.md")),
        (make_a_folder, ("hr/b.md", "hr/c.md", "new/below/d.md")),
        (lambda: (docs / "hr").rename(tmp_path / "elsewhere"), ("new/below/d.md",)),
        (lambda: (tmp_path / "elsewhere").rename(docs / "back"), ("new/below/d.md", "back/b.md", "back/c.md")),
    ]

    async def run() -> None:
        async with watching(files, tmp_path / "index") as bench:
            for do, stored in steps:
                do()
                await bench.until(*stored)
            assert all(report.conserved for report in bench.reports)
            assert bench.reports[1].discovered == 1  # the one that was saved, and not all

    anyio.run(run)


def test_only_a_folder_of_this_machine_can_be_watched(tmp_path: Path) -> None:
    common = Common(
        store=MemoryStore(), embedder=HashEmbedder(), settings=Settings(store=StoreSettings(folder=tmp_path)),
        progress=Quiet(), told=print, stop=anyio.Event(), turn=anyio.Lock(),
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="cannot be watched"):
        Watch(Task(connector=ScriptedSource(), collection="c", access="open"), common)
