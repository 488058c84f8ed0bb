"""The ledger of a source that does as told: sums that balance, deletes that are proven, dead letters, a stop."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from fakes import HashEmbedder
from groundsel_ingest.connector import Change, Delete, ListingEnd, Upsert
from groundsel_ingest.history import SourceStatus, read_statuses
from groundsel_ingest.manifest import Manifest, open_manifest, read_manifest
from groundsel_ingest.planning import plan
from groundsel_ingest.stages import fingerprint_of
from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.settings import SourceSettings
from groundsel_pipelines.stores.memory import MemoryStore
from registered_stores import a_store, registered_stores
from scripted_source import EVERYONE, ScriptedSource, item, listing
from syncing import ingest

NAMES = [f"{number}.txt" for number in range(10)]
NOW = datetime.now(UTC)


@pytest.fixture(params=registered_stores())
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Store]:
    async with a_store(request, tmp_path, HashEmbedder()) as opened:
        yield opened


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def status(ledger: Path) -> SourceStatus:
    (found,) = read_statuses(ledger, sources={}, collection="c", now=NOW)
    return found


BROKEN_LISTINGS: list[tuple[str, Sequence[Change | Exception], str]] = [
    ("nothing", listing(), "--confirm-deletes"),
    ("one of ten", listing(NAMES[0]), "--confirm-deletes"),
    ("six of ten", listing(*NAMES[:6]), "--confirm-deletes"),
    ("all of them under other names", listing(*(f"renamed-{name}" for name in NAMES)), "--confirm-deletes"),
    ("503 at once", [Unavailable("503")], "503"),
    ("503 half-way", [*listing(*NAMES[:5])[:-1], Unavailable("503")], "503"),
    ("401 half-way", [*listing(*NAMES[:5])[:-1], InvalidInput("the token has expired")], "expired"),
    ("no end", listing(*NAMES[:5])[:-1], ""),
    ("a part that cannot be listed", [*listing(*NAMES[:5])[:-1], ListingEnd(unlisted=("b: 403",))], "b: 403"),
    ("a page twice instead of the next", listing(*NAMES[:5], *NAMES[:5]), "more than once"),
    ("deletes of nearly all", [Delete(native_id=name) for name in NAMES[1:]], "--confirm-deletes"),
    ("a delete of what it also lists", [*listing(*NAMES)[:-1], Delete(native_id=NAMES[0]), ListingEnd()], ""),
]


@pytest.mark.anyio
async def test_no_broken_listing_deletes_anything_and_a_true_one_does(store: Store, ledger: Path) -> None:
    await ingest(ScriptedSource(script=listing(*NAMES)), store, ledger)
    held = set(await store.versions("c", "scripted"))
    for case, script, told in BROKEN_LISTINGS:
        source = ScriptedSource(script=script)
        if any(isinstance(change, Exception) for change in script):
            with pytest.raises((Unavailable, InvalidInput), match=told):
                await ingest(source, store, ledger)
            assert status(ledger).state == "error", case
            assert told in status(ledger).error
        else:
            report = await ingest(source, store, ledger)
            assert report.deleted == 0, case
            assert told in " ".join(report.warnings), case
            if told:
                assert report.state == "completed_with_errors", case
        assert held <= set(await store.versions("c", "scripted")), case

    confirmed = await ingest(ScriptedSource(script=listing(*NAMES[:4])), store, ledger, deletes="confirmed")

    assert confirmed.deleted == 16  # six, and the ten that were listed under other names once
    assert len(await store.versions("c", "scripted")) == 4


@pytest.mark.anyio
async def test_two_sources_that_give_the_same_ids_are_kept_apart(store: Store, ledger: Path) -> None:
    await ingest(ScriptedSource(script=listing(*NAMES), name="one"), store, ledger)
    await ingest(ScriptedSource(script=listing(*NAMES), name="two", place="other:///"), store, ledger)
    await ingest(ScriptedSource(script=listing(*NAMES[1:]), name="one"), store, ledger)

    one, two = [await store.versions("c", name) for name in ("one", "two")]
    assert (len(one), len(two)) == (9, 10)
    assert not one.keys() & two.keys()


@pytest.mark.anyio
@pytest.mark.parametrize("store", ["memory"], indirect=True)
class TestOverOneStore:
    async def test_a_run_with_nothing_left_to_look_after_is_completed(self, store: Store, ledger: Path) -> None:
        report = await ingest(ScriptedSource(script=listing("a.txt", "b.jpg")), store, ledger)

        assert (report.state, report.indexed, report.filtered) == ("completed", 1, 1)
        assert report.filtered_types == {".jpg": 1}
        assert status(ledger).last_sync is not None

    async def test_a_cursor_is_kept_once_all_before_it_is_stored(self, store: Store, ledger: Path) -> None:
        source = ScriptedSource(script=[Upsert(item=item("a.txt")), Upsert(item=item("b.txt"))])
        await ingest(source, store, ledger)
        source.script = [Upsert(item=item("c.txt")), Unavailable("503")]
        with pytest.raises(Unavailable):
            await ingest(source, store, ledger)
        source.script = [Delete(native_id="a.txt")]
        report = await ingest(source, store, ledger)

        assert source.asked == [None, "2", "2"]
        assert report.deleted == 1

    async def test_a_store_that_was_set_back_is_filled_again_from_a_source_that_only_tells_changes(
        self, store: Store, ledger: Path
    ) -> None:
        source = ScriptedSource(script=listing("a.txt", "b.txt", "c.txt"))
        await ingest(source, store, ledger)
        source.script = [Upsert(item=item("d.txt")), Delete(native_id="a.txt")]
        await ingest(source, store, ledger)
        older = MemoryStore(embedding_model="hash", dimensions=32)
        await older.prepare()
        await ingest(ScriptedSource(script=listing("a.txt", "b.txt", "c.txt")), older, ledger.with_name("other"))
        source.asked.clear()
        source.script = listing("b.txt", "c.txt", "d.txt")
        await ingest(source, older, ledger)

        assert source.asked == [None]
        names = [await older.read(doc_id, principals=EVERYONE) for doc_id in await older.versions("c", "scripted")]
        assert {document.uri for document in names if document} == {f"test:///{name}.txt" for name in "bcd"}
        await older.close()

    async def test_a_document_that_was_brought_back_into_the_store_is_taken_out_again(
        self, store: Store, ledger: Path
    ) -> None:
        source = ScriptedSource(script=listing(*NAMES))
        await ingest(source, store, ledger)
        source.script = [Delete(native_id=NAMES[0])]
        await ingest(source, store, ledger)
        back = ScriptedSource(script=listing(NAMES[0])[:-1])
        await ingest(back, store, ledger.with_name("other"))
        source.asked.clear()
        source.script = listing(*NAMES[1:])
        report = await ingest(source, store, ledger)

        assert source.asked == [None]
        assert report.deleted == 1

    async def test_the_first_cause_is_told_where_the_ledger_fails_too(
        self, store: Store, ledger: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise Unavailable("the disk is full")

        monkeypatch.setattr(Manifest, "ended", fail)
        with pytest.raises(Unavailable, match="503"):
            await ingest(ScriptedSource(script=[Unavailable("503")]), store, ledger)

    async def test_withheld_deletes_are_asked_for_again(self, store: Store, ledger: Path) -> None:
        await ingest(ScriptedSource(script=listing(*NAMES)[:-1]), store, ledger)
        source = ScriptedSource(script=[Delete(native_id=name) for name in NAMES])
        await ingest(source, store, ledger)
        report = await ingest(source, store, ledger, deletes="confirmed")

        assert source.asked == ["10", "10"]
        assert report.deleted == 10

    async def test_a_dead_letter_is_not_read_again_until_it_changes(self, store: Store, ledger: Path) -> None:
        source = ScriptedSource(script=listing("a.docx"), contents={"a.docx": b"no archive"})
        first = await ingest(source, store, ledger)
        second = await ingest(source, store, ledger)
        source.script = [Upsert(item=item("a.docx", stamp="2")), ListingEnd()]
        await ingest(source, store, ledger)

        assert first.rejections == second.rejections
        assert second.state == "completed_with_errors"
        assert source.opened == ["a.docx", "a.docx"]
        (letter,) = status(ledger).dead_letters
        assert (letter.uri, letter.reason) == ("test:///a.docx", "it is damaged: not a readable zip archive")

    async def test_what_could_not_be_opened_is_tried_in_every_run(self, store: Store, ledger: Path) -> None:
        source = ScriptedSource(script=listing("a.txt"), contents={"a.txt": b"unreadable"})
        await ingest(source, store, ledger)
        source.contents = {}

        assert (await ingest(source, store, ledger)).indexed == 1

    async def test_a_retry_takes_dead_letters_alone_and_keeps_the_cursor(self, store: Store, ledger: Path) -> None:
        source = ScriptedSource(
            script=[Upsert(item=item("a.docx")), Upsert(item=item("caf\udce9.txt"))],
            contents={"a.docx": b"no archive", "caf\udce9.txt": b"unreadable"},
        )
        await ingest(source, store, ledger)
        source.contents = {"a.docx": b"no archive"}
        synced = await store.as_of()
        report = await ingest(source, store, ledger, what="dead letters")

        assert (report.discovered, report.indexed, report.rejected) == (2, 1, 1)
        assert await store.as_of() == synced
        assert len(source.asked) == 1
        with read_manifest(ledger, collection="c", source="scripted") as manifest:
            assert manifest.cursor == "2"

    async def test_told_to_stop_it_stores_what_is_under_way_and_goes_on_later(self, store: Store, ledger: Path) -> None:
        stop = anyio.Event()
        source = ScriptedSource(script=listing(*NAMES))
        stop.set()
        stopped = await ingest(source, store, ledger, stop=stop)
        known = status(ledger)
        report = await ingest(source, store, ledger)

        assert stopped.state == known.state == "suspended"
        assert known.last_sync is None
        assert report.state == "completed"
        assert report.indexed + stopped.indexed == 10

    async def test_a_plan_says_what_would_change_and_why_and_changes_nothing(self, store: Store, ledger: Path) -> None:
        names = ("same.txt", "touched.txt", "new text.txt", "readers.txt", "gone.txt", "bad.docx")
        source = ScriptedSource(script=listing(*names), contents={"bad.docx": b"no archive"})
        await ingest(source, store, ledger)
        source.script = [
            Upsert(item=item("same.txt")),
            Upsert(item=item("touched.txt", stamp="2")),
            Upsert(item=item("new text.txt", stamp="2")),
            Upsert(item=item("readers.txt", allowed=frozenset({"group:board"}))),
            Upsert(item=item("bad.docx")),
            Upsert(item=item("new.txt")),
            Upsert(item=item("photo.jpg")),
            ListingEnd(),
        ]
        source.contents = {"new text.txt": b"Another text."}
        before = await store.versions("c", "scripted"), (ledger / "manifest.db").read_bytes()
        with read_manifest(ledger, collection="c", source="scripted") as manifest:
            fingerprint = fingerprint_of(source, HashEmbedder())
            steps = [
                step
                async for step in plan(
                    source, manifest=manifest, collection="c", fingerprint=fingerprint, deletes="guarded"
                )
            ]

        assert [(step.action, step.uri.removeprefix("test:///")) for step in steps] == [
            ("leave", "same.txt"),
            ("leave", "touched.txt"),
            ("index", "new text.txt"),
            ("index", "readers.txt"),
            ("reject", "bad.docx"),
            ("index", "new.txt"),
            ("filter", "photo.jpg"),
            ("delete", "gone.txt"),
        ]
        assert (await store.versions("c", "scripted"), (ledger / "manifest.db").read_bytes()) == before


def test_a_source_that_never_ran_is_pending_and_one_whose_time_has_come_is_due(tmp_path: Path) -> None:
    source = SourceSettings(kind="files", principals=(), schedule="10m")
    (found,) = read_statuses(tmp_path, sources={"wiki": source}, collection="c", now=NOW)

    assert (found.state, found.next_run, found.documents) == ("pending", NOW, 0)
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_killed_is_suspended(tmp_path: Path) -> None:
    with open_manifest(tmp_path, collection="c", source="wiki") as manifest:
        manifest.begin("/wiki", moved=False, access="given")
        manifest.progress({"discovered": 100, "indexed": 20})
        running = status(tmp_path)
    killed = status(tmp_path)
    soon = read_statuses(
        tmp_path,
        sources={"wiki": SourceSettings(kind="files", principals=(), schedule="1h")},
        collection="c",
        now=datetime.now(UTC) + timedelta(minutes=1),
    )

    assert (running.state, killed.state) == ("in_progress", "suspended")
    assert running.per_second is not None
    assert running.seconds_left == pytest.approx(80 / running.per_second)
    assert killed.last_start is not None
    assert soon[0].next_run == killed.last_start + timedelta(hours=1)
