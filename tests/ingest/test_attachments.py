"""What is attached to mails that lie in files: documents of their own, read by the same, that go when the mail goes."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from fakes import HashEmbedder
from groundsel_ingest.connector import Change, Delete, ListingEnd, Upsert
from groundsel_ingest.manifest import read_manifest
from groundsel_ingest.planning import plan
from groundsel_ingest.report import Report
from groundsel_ingest.stages import fingerprint_of
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import Document
from scripted_source import EVERYONE, ScriptedSource, item, listing
from small_files import mail
from small_outlook import outlook
from syncing import ingest

SUBJECT, BODY, FILE_NAME, DATA = 0x0037, 0x1000, 0x3707, 0x3701
BOARD = frozenset({"group:board"})

pytestmark = pytest.mark.anyio


def letter(subject: str, **attached: str) -> bytes:
    """Make a mail with text files attached: `terms_md` is terms.md."""
    message = mail(subject, "See what is attached.")
    for name, text in attached.items():
        message.add_attachment(text.encode(), maintype="application", subtype="octet-stream",
                               filename=".".join(name.rsplit("_", 1)))  # fmt: skip
    return message.as_bytes()


@pytest.fixture
async def store() -> AsyncGenerator[MemoryStore]:
    made = MemoryStore(embedding_model="hash", dimensions=32)
    await made.prepare()
    yield made
    await made.close()


async def stored(store: MemoryStore, principals: frozenset[str] = EVERYONE) -> Mapping[str, Document]:
    """Give what `principals` may read, by its address below test:///."""
    found = [await store.read(doc_id, principals=principals) for doc_id in await store.versions("c", "scripted")]
    return {document.uri.removeprefix("test:///"): document for document in found if document is not None}


def sums(report: Report) -> tuple[int, int, int, int, int]:
    return report.discovered, report.indexed, report.unchanged, report.rejected, report.deleted


def changed(name: str, stamp: str, **more: frozenset[str]) -> list[Change | Exception]:
    return [Upsert(item=item(name, stamp=stamp, **more)), ListingEnd()]


async def test_what_is_attached_is_a_document_beside_its_mail_with_its_own_address(
    store: MemoryStore, tmp_path: Path
) -> None:
    source = ScriptedSource(
        script=listing("offer.eml", "old.msg"),
        contents={
            "offer.eml": letter("Offer", terms_md="# Terms\n\nThirty days.", logo_png="..."),
            "old.msg": outlook({SUBJECT: "Old", BODY: "Text."}, attached=[{FILE_NAME: "a b.csv", DATA: b"pump,230\n"}]),
        },
    )
    report = await ingest(source, store, tmp_path)

    assert sums(report) == (5, 4, 0, 0, 0)
    assert report.filtered_types == {".png": 1}
    found = await stored(store)
    assert set(found) == {"offer.eml", "offer.eml#2/terms.md", "old.msg", "old.msg#0/a%20b.csv"}
    assert found["offer.eml#2/terms.md"].title == "Terms"
    assert found["old.msg#0/a%20b.csv"].text == "pump | 230"


async def test_an_unchanged_mail_is_not_opened_and_keeps_what_is_attached_to_it(
    store: MemoryStore, tmp_path: Path
) -> None:
    contents = {"a.eml": letter("Offer", terms_md="Thirty days.", logo_png="...")}
    await ingest(ScriptedSource(script=listing("a.eml"), contents=contents), store, tmp_path)

    again = ScriptedSource(script=listing("a.eml"), contents=contents)
    assert sums(await ingest(again, store, tmp_path)) == (3, 0, 2, 0, 0)
    assert again.opened == []
    touched = ScriptedSource(script=changed("a.eml", "2"), contents=contents)
    assert sums(await ingest(touched, store, tmp_path)) == (3, 0, 2, 0, 0)
    assert sums(await ingest(touched, store, tmp_path)) == (3, 0, 2, 0, 0)
    assert len(await stored(store)) == 2


async def test_a_changed_mail_changes_what_is_attached_to_it(store: MemoryStore, tmp_path: Path) -> None:
    first = {"a.eml": letter("Offer", a_md="One.", b_md="Two.")}
    await ingest(ScriptedSource(script=listing("a.eml"), contents=first), store, tmp_path)

    second = {"a.eml": letter("Offer", a_md="One, as of today.", c_md="Three.")}
    report = await ingest(ScriptedSource(script=changed("a.eml", "2"), contents=second), store, tmp_path)

    assert report.deleted == 1
    assert {uri: document.text for uri, document in (await stored(store)).items() if "#" in uri} == {
        "a.eml#2/a.md": "One, as of today.",
        "a.eml#3/c.md": "Three.",
    }


@pytest.mark.parametrize("told", ["by a listing", "by the source"])
async def test_what_is_attached_goes_with_its_mail(store: MemoryStore, tmp_path: Path, told: str) -> None:
    contents = {"a.eml": letter("Offer", terms_md="Thirty days.")}
    names = ["a.eml", *(f"{number}.txt" for number in range(10))]
    await ingest(ScriptedSource(script=listing(*names), contents=contents), store, tmp_path)

    script = listing(*names[1:]) if told == "by a listing" else [Delete(native_id="a.eml")]
    assert (await ingest(ScriptedSource(script=script), store, tmp_path)).deleted == 2
    assert not any("eml" in uri for uri in await stored(store))


async def test_what_a_mail_lost_goes_also_where_the_source_only_tells_changes(
    store: MemoryStore, tmp_path: Path
) -> None:
    contents = {"a.eml": letter("Offer", a_md="One.", b_md="Two.")}
    await ingest(ScriptedSource(script=listing("a.eml"), contents=contents), store, tmp_path)

    script = changed("a.eml", "2")[:1]
    report = await ingest(ScriptedSource(script=script, contents={"a.eml": letter("Offer")}), store, tmp_path)
    assert report.deleted == 2
    assert set(await stored(store)) == {"a.eml"}


async def test_withheld_deletes_of_what_a_mail_lost_are_asked_for_again(store: MemoryStore, tmp_path: Path) -> None:
    many = {f"{letter}_md": f"Text {letter}." for letter in "abcdefgh"}
    await ingest(ScriptedSource(script=listing("a.eml"), contents={"a.eml": letter("Offer", **many)}), store, tmp_path)
    shorter = ScriptedSource(script=changed("a.eml", "2")[:1], contents={"a.eml": letter("Offer")})
    for _ in range(2):
        assert any("--confirm-deletes" in warning for warning in (await ingest(shorter, store, tmp_path)).warnings)
    assert (await ingest(shorter, store, tmp_path, deletes="confirmed")).deleted == 8


async def test_who_may_read_the_mail_may_read_what_is_attached_and_nobody_else(
    store: MemoryStore, tmp_path: Path
) -> None:
    contents = {"a.eml": letter("Offer", terms_md="Thirty days.")}
    await ingest(ScriptedSource(script=listing("a.eml"), contents=contents), store, tmp_path)
    await ingest(ScriptedSource(script=changed("a.eml", "1", allowed=BOARD), contents=contents), store, tmp_path)

    assert await stored(store) == {}
    assert len(await stored(store, BOARD)) == 2


async def test_a_mail_that_cannot_be_read_any_more_keeps_what_is_attached_and_a_retry_reads_both(
    store: MemoryStore, tmp_path: Path
) -> None:
    contents = {"a.eml": letter("Offer", terms_md="Thirty days.")}
    await ingest(ScriptedSource(script=listing("a.eml"), contents=contents), store, tmp_path)
    for content in (b"unreadable", b"\n"):
        broken = ScriptedSource(script=changed("a.eml", "2"), contents={"a.eml": content})
        for _ in range(2):
            report = await ingest(broken, store, tmp_path)
            assert sums(report) == (2, 0, 0, 2, 0)
    assert len(await stored(store)) == 2

    retried = await ingest(ScriptedSource(contents=contents), store, tmp_path, what="dead letters")
    assert retried.state == "completed"
    assert sums(retried) == (2, 2, 0, 0, 0)


async def test_a_run_that_was_stopped_after_the_mail_takes_what_is_attached_up_in_the_next(
    store: MemoryStore, tmp_path: Path
) -> None:
    source = ScriptedSource(script=listing("a.eml"), contents={"a.eml": letter("Offer", terms_md="Thirty days.")})
    stop = anyio.Event()
    opened = source.open

    def stopping(of: object) -> object:
        stop.set()
        return opened(of)  # type: ignore[arg-type]

    source.open = stopping  # type: ignore[method-assign, assignment]
    await ingest(source, store, tmp_path, stop=stop)
    source.open = opened  # type: ignore[method-assign]
    await ingest(source, store, tmp_path)
    assert set(await stored(store)) == {"a.eml", "a.eml#2/terms.md"}


async def test_a_plan_names_what_is_attached(store: MemoryStore, tmp_path: Path) -> None:
    contents = {"a.eml": letter("Offer", terms_md="Thirty days.", logo_png="...")}
    await ingest(ScriptedSource(script=listing("a.eml"), contents=contents), store, tmp_path)

    async def planned(source: ScriptedSource) -> dict[str, str]:
        with read_manifest(tmp_path, collection="c", source="scripted") as manifest:
            steps = plan(source, manifest=manifest, collection="c", deletes="guarded",
                         fingerprint=fingerprint_of(source, HashEmbedder()))  # fmt: skip
            return {step.uri.removeprefix("test:///"): step.action async for step in steps}

    unchanged = await planned(ScriptedSource(script=listing("a.eml"), contents=contents))
    assert unchanged == {"a.eml": "leave", "a.eml#2/terms.md": "leave", "a.eml#3/logo.png": "filter"}
    new = {"a.eml": letter("Another", terms_md="Thirty days.")}
    found = await planned(ScriptedSource(script=changed("a.eml", "2"), contents=new))
    assert found == {"a.eml": "index", "a.eml#2/terms.md": "index", "a.eml#3/logo.png": "filter"}


async def test_a_source_that_lists_attachments_itself_has_them_once(store: MemoryStore, tmp_path: Path) -> None:
    script: list[Change | Exception] = [Upsert(item=replace(item("a.eml"), unpack=False)), ListingEnd()]
    source = ScriptedSource(script=script, contents={"a.eml": letter("Offer", terms_md="Thirty days.")})
    assert sums(await ingest(source, store, tmp_path)) == (1, 1, 0, 0, 0)


async def test_of_very_many_attachments_the_first_are_read_and_the_rest_is_said(
    store: MemoryStore, tmp_path: Path
) -> None:
    many = {f"n{number}_png": "..." for number in range(101)}
    source = ScriptedSource(script=listing("a.eml"), contents={"a.eml": letter("Offer", **many)})
    report = await ingest(source, store, tmp_path)
    assert report.discovered == 101
    assert "100 attachments" in report.warnings[0]
