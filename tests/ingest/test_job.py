"""A sync: what it indexes, skips, replaces, deletes and rejects, and that its sums always add up."""

import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from fakes import HashEmbedder
from groundsel_ingest.connectors.files import Files
from groundsel_ingest.connectors.wanted import Wanted
from groundsel_ingest.job import Deletes, most_deleted, sync
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.report import Report
from groundsel_pipelines.errors import Rejected, Unavailable
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import PUBLIC, IndexedDocument
from small_files import pdf, sheets, slides

EVERYONE = frozenset({PUBLIC})


class FailingStore(MemoryStore):
    """Fails at the write of a chosen document, as a full disk would."""

    fails_at = ""
    rejects = ""

    async def write(self, documents: Sequence[IndexedDocument]) -> None:
        for document in documents:
            if self.fails_at and self.fails_at in document.document.uri:
                raise Unavailable("the disk is full")
            if not (self.rejects and self.rejects in document.document.uri):
                await super().write([document])
        if any(self.rejects and self.rejects in document.document.uri for document in documents):
            raise Rejected("it is larger than the store takes")


@dataclass(kw_only=True)
class Counted:
    """Progress that is counted."""

    seen: int = 0
    finished: int = 0

    def discovered(self, count: int) -> None:
        self.seen += count

    def done(self, count: int) -> None:
        self.finished += count


@dataclass(kw_only=True)
class Bench:
    """A folder of documents, a store, and the ledger between them."""

    documents: Path
    index: Path
    store: FailingStore
    progress: Counted = field(default_factory=Counted)

    def write(self, **texts: str | bytes) -> None:
        """Write files; `a_md` is a.md."""
        for name, content in texts.items():
            path = self.documents / ".".join(name.rsplit("_", 1))
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def ingest(self, *, deletes: Deletes = "guarded", include: tuple[str, ...] = ("**",)) -> Report:
        async def run(files: Files) -> Report:
            with open_manifest(self.index, collection="c", source=files.name) as manifest:
                manifest.begin(files.place, moved=False, access="rules" if files.ruled else "open")
                return await sync(
                    files,
                    manifest=manifest,
                    store=self.store,
                    embedder=HashEmbedder(),
                    collection="c",
                    deletes=deletes,
                    progress=self.progress,
                )

        with closing(Files(self.documents, name="docs", default=EVERYONE, wanted=Wanted(include=include))) as files:
            report = anyio.run(run, files)
        assert report.conserved
        return report

    def texts(self, *principals: str) -> Mapping[str, str]:
        """Give what `principals` may read, by the file's name."""
        asker = frozenset(principals) or EVERYONE

        async def read() -> dict[str, str]:
            found = [
                await self.store.read(doc_id, principals=asker) for doc_id in await self.store.versions("c", "docs")
            ]
            return {document.uri.rsplit("/", 1)[1]: document.text for document in found if document is not None}

        return anyio.run(read)


@pytest.fixture
def bench(tmp_path: Path) -> Generator[Bench]:
    (tmp_path / "documents").mkdir()
    store = FailingStore(embedding_model="hash", dimensions=32)
    anyio.run(store.prepare)
    yield Bench(documents=tmp_path / "documents", index=tmp_path / "index", store=store)
    anyio.run(store.close)


def sums(report: Report) -> tuple[int, int, int, int, int]:
    return report.discovered, report.indexed, report.unchanged, report.rejected, report.deleted


def test_every_kind_of_file_is_indexed_and_what_is_not_read_is_rejected_with_its_reason(bench: Bench) -> None:
    bench.write(
        a_md="# Leave\n\nTwenty days.",
        b_pdf=pdf([(11, "The hotel costs ninety pounds.")]),
        c_pptx=slides(("Plan", ["Grow"])),
        d_xlsx=sheets(Prices=[["Valve", 12]]),
        e_csv="item,price\npump,230\n",
        f_exe="MZ",
        g_docx="no archive",
        h_txt="",
    )
    report = bench.ingest()

    assert sums(report) == (8, 5, 0, 2, 0)
    assert report.filtered_types == {".exe": 1}
    assert {(rejection.uri.rsplit("/", 1)[1], rejection.reason) for rejection in report.rejections} == {
        ("g.docx", "it is damaged: not a readable zip archive"),
        ("h.txt", "it is empty"),
    }
    assert bench.texts()["b.pdf"] == "The hotel costs ninety pounds."
    assert (bench.progress.seen, bench.progress.finished) == (8, 8)


def test_unchanged_files_are_skipped_changed_ones_replaced_and_deleted_ones_taken_out(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.", c_md="Gamma.")
    bench.ingest()
    bench.write(b_md="Better.")
    (bench.documents / "c.md").unlink()

    assert sums(bench.ingest()) == (2, 1, 1, 0, 1)
    assert bench.texts() == {"a.md": "Alpha.", "b.md": "Better."}
    assert sums(bench.ingest()) == (2, 0, 2, 0, 0)


def test_a_file_that_was_only_touched_is_unchanged(bench: Bench) -> None:
    bench.write(a_md="Alpha.")
    bench.ingest()
    versions = anyio.run(bench.store.versions, "c", "docs")
    bench.write(a_md="Alpha.")

    assert sums(bench.ingest()) == (1, 0, 1, 0, 0)
    assert anyio.run(bench.store.versions, "c", "docs") == versions


def test_a_file_that_comes_back_is_indexed_again(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.ingest()
    (bench.documents / "b.md").unlink()
    bench.ingest()
    bench.write(b_md="Beta.")

    assert sums(bench.ingest()) == (2, 1, 1, 0, 0)
    assert bench.texts()["b.md"] == "Beta."


def test_a_changed_file_that_cannot_be_read_any_more_keeps_what_was_indexed(bench: Bench) -> None:
    bench.write(a_txt="Alpha.")
    bench.ingest()
    bench.write(a_txt=bytes(range(1, 256)) * 40)

    assert sums(bench.ingest()) == (1, 0, 0, 1, 0)
    assert bench.texts() == {"a.txt": "Alpha."}
    bench.write(a_txt="Alpha.")
    assert sums(bench.ingest()) == (1, 1, 0, 0, 0)


def test_new_access_rules_reach_files_that_did_not_change(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.ingest()
    bench.write(access_toml='[[rule]]\nfiles = ["b.md"]\nallowed = ["group:board"]\n')

    assert sums(bench.ingest()) == (2, 1, 1, 0, 0)
    assert set(bench.texts()) == {"a.md"}
    assert set(bench.texts("group:board")) == {"b.md"}


def test_what_was_closed_is_taken_out_even_where_the_file_cannot_be_read(bench: Bench) -> None:
    bench.write(a_txt="Alpha.")
    bench.ingest()
    bench.write(a_txt=bytes(range(1, 256)) * 40, access_toml='[[rule]]\nfiles = ["**"]\nallowed = ["group:board"]\n')

    assert sums(bench.ingest()) == (1, 0, 0, 1, 0)
    assert bench.texts(PUBLIC, "group:board") == {}


def test_an_empty_folder_deletes_nothing_until_confirmed(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.ingest()
    shutil.rmtree(bench.documents)
    bench.documents.mkdir()
    report = bench.ingest()

    assert sums(report) == (0, 0, 0, 0, 0)
    assert "--confirm-deletes" in report.warnings[0]
    assert set(bench.texts()) == {"a.md", "b.md"}
    assert sums(bench.ingest(deletes="confirmed")) == (0, 0, 0, 0, 2)


def test_a_listing_that_misses_a_part_deletes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.ingest()
    complete = anyio.run(bench.store.as_of)
    (bench.documents / "b.md").unlink()
    (bench.documents / "locked").mkdir()
    listed = Files._list

    def refuse(files: Files, folder: str) -> object:
        if folder == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(files, folder)

    monkeypatch.setattr(Files, "_list", refuse)
    report = bench.ingest(deletes="confirmed")

    assert sums(report) == (1, 0, 1, 0, 0)
    assert report.warnings == (
        "locked cannot be listed: Permission denied",
        "nothing was deleted, as not everything could be listed",
    )
    assert anyio.run(bench.store.as_of) == complete  # it was not one


@pytest.mark.parametrize(
    ("stored", "left", "most"), [(5, 4, 3), (100, 80, 20), (100, 0, 0), (100_000, 90_000, 1000), (0, 5, 3)]
)
def test_a_fifth_or_a_thousand_may_go_unasked(stored: int, left: int, most: int) -> None:
    assert most_deleted(stored, left) == most


def test_a_run_that_broke_keeps_what_was_acknowledged_and_the_next_one_completes(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.ingest()
    bench.write(c_md="Gamma.", d_md="Delta.")
    bench.store.fails_at = "d.md"
    with pytest.raises(Unavailable, match="disk is full"):
        bench.ingest()
    assert {"a.md", "b.md"} <= set(bench.texts())

    bench.store.fails_at = ""
    assert bench.ingest().discovered == 4
    assert set(bench.texts()) == {"a.md", "b.md", "c.md", "d.md"}


def test_a_store_that_lost_documents_gets_them_again(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.ingest()
    bench.store = FailingStore(embedding_model="hash", dimensions=32)
    anyio.run(bench.store.prepare)

    assert sums(bench.ingest()) == (2, 2, 0, 0, 0)


def test_a_lost_ledger_is_made_anew_and_nothing_is_refused(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.ingest()
    (bench.documents / "b.md").unlink()
    bench.ingest()
    (bench.index / "manifest.db").unlink()
    bench.write(b_md="Beta.")

    assert sums(bench.ingest()) == (2, 2, 0, 0, 0)


def test_many_documents_of_few_long_words_do_not_hold_one_another_up(bench: Bench) -> None:
    for number in range(5):
        (bench.documents / f"{number}.txt").write_text("x" * 4_500_000, encoding="utf-8")

    assert sums(bench.ingest()) == (5, 5, 0, 0, 0)


def test_a_document_that_the_store_cannot_take_is_told_and_the_others_are_kept(bench: Bench) -> None:
    bench.write(a_md="Alpha.", b_md="Beta.")
    bench.store.rejects = "b.md"

    report = bench.ingest()

    assert sums(report) == (2, 1, 0, 1, 0)
    assert [rejection.reason for rejection in report.rejections] == ["it is larger than the store takes"]
    assert report.conserved
