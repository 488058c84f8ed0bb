"""T13 and T29: 300 files, half of them hostile, in one run; every file accounted for, and none of the others lost."""

import os
import secrets
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import cast

import anyio
import pytest

from fakes import HashEmbedder
from groundsel_ingest.connector import Change, ListingEnd, Upsert
from groundsel_ingest.connectors.files import Files
from groundsel_ingest.job import sync
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.report import Report
from groundsel_ingest.showing import Quiet
from groundsel_pipelines.characters import clean
from groundsel_pipelines.protocols import Store, StoreFactory, StorePlace
from groundsel_pipelines.registry import load
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import PUBLIC
from hostile_files import hostile_files
from scripted_source import ScriptedSource, item

pytestmark = pytest.mark.integration

EVERYONE = frozenset({PUBLIC})
HOSTILE = CLEAN = 150
SEED = int(os.environ.get("GROUNDSEL_TEST_SEED", secrets.randbelow(2**31)))  # noqa: TID251 - to replay a failure


async def ingested(connector: Files | ScriptedSource, store: Store, index: Path) -> Report:
    with open_manifest(index, collection="c", source=connector.name) as manifest:
        manifest.begin(connector.place, moved=False, access="open")
        return await sync(
            connector, manifest=manifest, store=store, embedder=HashEmbedder(), collection="c", progress=Quiet()
        )


async def made_store() -> MemoryStore:
    store = MemoryStore(embedding_model="hash", dimensions=32)
    await store.prepare()
    return store


def test_hostile_files_cost_themselves_and_no_other(tmp_path: Path) -> None:
    print(f"GROUNDSEL_TEST_SEED={SEED}")  # noqa: T201 - shown where the test fails
    folder = tmp_path / "documents"
    folder.mkdir()
    for number, (name, content) in enumerate(hostile_files(HOSTILE, seed=SEED).items()):
        (folder / f"{number:03}-{name}").write_bytes(content)
        (folder / f"{number:03}-clean.md").write_text(f"# Clean {number}\n\nIt says marker{number}.")

    async def run() -> tuple[Report, list[int]]:
        store = await made_store()
        with closing(Files(folder, name="docs", default=EVERYONE)) as files:
            report = await ingested(files, store, tmp_path / "index")
        stored = [await store.read(doc_id, principals=EVERYONE) for doc_id in await store.versions("c", "docs")]
        clean_texts = {document.text for document in stored if document is not None and "clean" in document.uri}
        lost = [n for n in range(CLEAN) if f"Clean {n}\n\nIt says marker{n}." not in clean_texts]
        return report, lost

    report, lost = anyio.run(run)

    assert lost == []
    assert report.conserved
    assert report.discovered == HOSTILE + CLEAN
    assert report.filtered == 0
    assert all(rejection.reason for rejection in report.rejections)
    assert not any("clean" in rejection.uri for rejection in report.rejections)
    assert not Path("/tmp/groundsel-was-here").exists()  # noqa: S108 - where it would be
    assert not [warning for warning in report.warnings if "network" in warning]


NAUGHTY: Sequence[str] = (
    "undefined", "NULL", "None", "\\", "'", '"', "';--", "1/0", "$HOME", "%s%s%n", "{0}", "{{7*7}}", "${7*7}",
    "<script>alert(1)</script>", "../../../etc/passwd", "C:\\con\\aux", "a\tb", "a\xa0b", "e\u0301", "\xe9",
    "\ufb01", "\xdf", "\u0130", "\u0131", "\u03a3\u0391\u03a3", "\u7530\u4e2d\u3055\u3093",
    "\uc0ac\ud68c\uacfc\ud559\uc6d0",
    "\u0627\u0644\u0643\u0644 \u0641\u064a \u0627\u0644\u0645\u062c\u0645\u0648 \u0639\u0629",
    "\u05d1\u05b0\u05bc\u05e8\u05b5\u05d0\u05e9\u05b4\u05c1\u05d9\u05ea",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f3f3\ufe0f",
    "\U0001d54c\U0001d55f\U0001d55a",
    "\u1e70\u033a\u033ao\u035e \u0337i\u0332\u032cn\u031d\u0317v\u031f\u031co", "zero\u200bwidth",
    "soft\xadhyphen", "\ufeffmark", "right\u202eleft\u202c", "\u2066isolate\u2069", "tag\U000e0041\U000e0042",
    "bell\x07", "escape\x1b[31m", "form\x0cfeed", "vertical\x0btab", "next\x85line", "line\u2028separator",
    "\ufffd", "\ufffe", "\ue000private", "a" * 1000, "combining" + "\u0301" * 500, "\uff26\uff35\uff2c\uff2c",
    "\u2460", "\xbd", "\u22121", "\u0661\u0662\u0663", "NaN", "Infinity", "1e999", "2147483648", "true",
    "\u1680", "\u180e", "\u200b", "\u3164",
)  # fmt: skip


def test_odd_texts_names_ids_and_groups_come_back_as_they_went_in(tmp_path: Path) -> None:
    changes: list[Change | Exception] = []
    contents: dict[str, bytes] = {}
    for number, text in enumerate(NAUGHTY):
        group = frozenset({f"group:{text}"})
        for form, encoding in (("utf-8", "utf-8"), ("utf-16", "utf-16"), ("id", "utf-8")):
            native_id = f"{text}-{number}.txt" if form == "id" else f"{number}-{form}.txt"
            contents[native_id] = f"Marker{number} says: {text} (end).".encode(encoding)
            changes.append(Upsert(item=item(native_id, allowed=group)))
    lone = "\udcff\udce9.txt"  # a name in Latin-1, as the system gives it
    contents[lone] = b"Marker of the odd name."
    changes += [Upsert(item=item(lone)), ListingEnd()]

    async def run() -> None:
        source = ScriptedSource(script=changes, contents=contents)
        create = cast("StoreFactory", load("groundsel.stores", "embedded"))
        store = create(StorePlace(folder=tmp_path / "store"), embedding_model="hash", dimensions=32)
        await store.prepare()
        report = await ingested(source, store, tmp_path / "index")
        assert report.conserved
        assert report.rejections == ()
        for text in NAUGHTY:
            asker = frozenset({f"group:{text}"})
            documents = [
                document
                for doc_id in await store.versions("c", source.name)
                if (document := await store.read(doc_id, principals=asker))
            ]
            assert len(documents) == 3, repr(text)
            for document in documents:
                wanted = " ".join(clean(text).split())
                assert wanted in " ".join(document.text.split()), repr(text)
                assert document.allowed == asker
                assert clean(document.text) == document.text
        await store.close()

    anyio.run(run)
