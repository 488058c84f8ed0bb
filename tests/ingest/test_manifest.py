"""The ledger: what it keeps between runs, whom it lets in, and how it says that the disk is at its end."""

import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from groundsel_ingest.entry import Entry
from groundsel_ingest.lease import LEASE_SECONDS, refuse_if_busy
from groundsel_ingest.manifest import LOST_VERSIONS, Access, Manifest, open_manifest
from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.stores.embedded import checked

SENT = Entry(
    native_id="a.md",
    doc_id="c/a",
    state="sent",
    stamp="1",
    content="sha",
    access="all",
    fingerprint="f",
    version=7,
)


@contextmanager
def opened(folder: Path, *, place: str = "/docs", moved: bool = False, access: Access = "open") -> Generator[Manifest]:
    with open_manifest(folder, collection="c", source="docs") as manifest:
        manifest.begin(place, moved=moved, access=access)
        yield manifest


def test_what_was_acknowledged_is_known_in_the_next_run(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.listed([("a.md", "c/a")])
        manifest.sent([SENT])
        manifest.acknowledged([SENT])

    with opened(tmp_path) as manifest:
        assert manifest.entry("a.md") == replace(SENT, state="acknowledged")
        assert manifest.not_listed(["c/a"]) == {"c/a"}


def test_versions_only_rise_also_over_a_crash(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.listed([("a.md", "c/a")])
        versions = [manifest.next_version(), manifest.next_version()]
        manifest.sent([SENT])

    with opened(tmp_path) as manifest:
        versions += [manifest.next_version(), manifest.deleting("c/a")]

    with opened(tmp_path) as manifest:
        assert [*versions, manifest.next_version()] == [1, 2, 3, 4, 5]


def test_what_the_store_does_not_hold_as_sent_is_sent_again(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.listed([("a.md", "c/a"), ("b.md", "c/b")])
        both = [SENT, replace(SENT, native_id="b.md", doc_id="c/b")]
        manifest.sent(both)
        manifest.acknowledged(both)

        assert manifest.reconcile({"c/a": 7, "c/b": 3}) == 1
        assert [entry.state for name in ("a.md", "b.md") if (entry := manifest.entry(name))] == [
            "acknowledged",
            "discovered",
        ]


def test_a_new_ledger_counts_on_above_all_that_the_store_may_remember(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.reconcile({"c/a": 70})

        assert manifest.next_version() == 70 + LOST_VERSIONS + 1


def test_a_deleted_document_stays_known_and_comes_back_as_new(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.listed([("a.md", "c/a")])
        manifest.sent([SENT])
        manifest.acknowledged([SENT])
        manifest.deleting("c/a")
        manifest.deleted("c/a")
        gone = manifest.entry("a.md")

    with opened(tmp_path) as manifest:
        manifest.listed([("a.md", "c/a")])
        back = manifest.entry("a.md")

    assert gone is not None
    assert back is not None
    assert (gone.state, back.state, back.version) == ("deleted", "discovered", 0)


def test_a_name_that_is_no_text_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.listed([("caf\udce9.md", "c/a")])

        assert manifest.entry("caf\udce9.md") is not None


def test_two_folders_do_not_share_a_source_by_accident(tmp_path: Path) -> None:
    with opened(tmp_path, place="/misspelt"):  # from which nothing ever came
        pass
    with opened(tmp_path, place="/docs") as manifest:
        manifest.listed([("a.md", "c/a")])

    with pytest.raises(InvalidInput, match="--source NAME"), opened(tmp_path, place="/other"):
        pass
    with opened(tmp_path, place="/other", moved=True) as manifest:
        assert manifest.run == 3


def test_a_source_is_not_called_as_pushed_documents_are(tmp_path: Path) -> None:
    with (
        open_manifest(tmp_path, collection="c", source="push") as manifest,
        pytest.raises(InvalidInput, match="name the source otherwise"),
    ):
        manifest.begin("/docs", moved=False, access="given")


def test_rules_that_are_gone_open_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, access="rules"):
        pass

    with pytest.raises(InvalidInput, match="rules of /docs are gone"), opened(tmp_path, access="open"):
        pass
    with opened(tmp_path, access="given"):
        pass


def test_a_second_run_of_a_source_is_refused_and_one_of_another_source_is_not(tmp_path: Path) -> None:
    with opened(tmp_path):
        with pytest.raises(Unavailable, match="another ingest of source 'docs'"), opened(tmp_path):
            pass
        with pytest.raises(Unavailable, match="is running"):
            refuse_if_busy(tmp_path)
        with open_manifest(tmp_path, collection="c", source="mail"):
            pass
    refuse_if_busy(tmp_path)


def test_what_is_listed_twice_in_a_run_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        assert manifest.listed([("a.md", "c/a"), ("b.md", "c/b")]) == frozenset()
        assert manifest.listed([("b.md", "c/b"), ("c.md", "c/c"), ("c.md", "c/c")]) == {"b.md", "c.md"}

    with opened(tmp_path) as manifest:
        assert manifest.listed([("a.md", "c/a")]) == frozenset()


def test_a_run_that_gives_no_sign_of_life_is_replaced_and_may_write_nothing_any_more(tmp_path: Path) -> None:
    with opened(tmp_path) as stalled:
        stalled.listed([("a.md", "c/a")])
        stalled.sent([SENT])
        (lock,) = tmp_path.glob("ingest-*.lock")
        long_ago = lock.stat().st_mtime - LEASE_SECONDS - 1
        os.utime(lock, (long_ago, long_ago))
        with opened(tmp_path) as manifest:
            assert manifest.next_version() > stalled.next_version() - 1
            with pytest.raises(Unavailable, match="has taken over"):
                stalled.sent([SENT])
            with pytest.raises(Unavailable, match="has taken over"):
                stalled.finished("cursor")
            with pytest.raises(Unavailable, match="another ingest of source 'docs'"), opened(tmp_path):
                pass
            assert manifest.cursor is None


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unavailable, match="cannot be written"), opened(tmp_path / "file"):
        pass


def test_a_damaged_ledger_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifest.db").write_bytes(b"no database" * 1000)

    with pytest.raises(Unavailable, match="damaged; remove it"), opened(tmp_path):
        pass


def test_a_changed_bit_is_told_where_it_is_read(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.listed((f"{number}.md", f"c/{number}") for number in range(1000))
    file = tmp_path / "manifest.db"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    with pytest.raises(Unavailable, match="is damaged; remove it"), opened(tmp_path) as manifest:
        assert [manifest.entry(f"{number}.md") for number in range(1000)] == []


def test_a_ledger_of_a_newer_groundsel_is_left_alone_and_an_older_one_made_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        manifest.listed([("a.md", "c/a")])
    with closing(checked.connect(tmp_path / "manifest.db", busy_seconds=1)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(InvalidInput, match="newer Groundsel"), opened(tmp_path):
        pass

    with closing(checked.connect(tmp_path / "manifest.db", busy_seconds=1)) as database:
        database.execute("PRAGMA user_version = 1")
    with opened(tmp_path) as manifest:
        assert manifest.entry("a.md") is None


def test_a_full_disk_is_said_and_nothing_of_the_transaction_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as manifest:
        pages = manifest._run("PRAGMA page_count").fetchone()[0]
        manifest._run(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Unavailable, match="disk is full"):
            manifest.listed((f"{number}.md" * 50, f"c/{number}") for number in range(1000))

        assert manifest.entry("0.md" * 50) is None
