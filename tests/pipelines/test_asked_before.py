"""Frequent questions are proposed to those who may see what they are about, and to nobody else."""

from pathlib import Path

import pytest

from groundsel_pipelines.asked_before import AskedBefore
from groundsel_pipelines.query_log import Logged, QueryLog
from groundsel_pipelines.stores.memory import MemoryStore
from small_corpus import STAFF, indexed

pytestmark = pytest.mark.anyio

BOARD = frozenset({"group:board"})
STORE = (
    indexed("leave.md", "Annual leave is 25 days."),
    indexed("sale.md", "The Leeds site is sold in May.", allowed=BOARD),
)


@pytest.fixture
async def store() -> MemoryStore:
    held = MemoryStore()
    await held.write(STORE)
    return held


def asked(folder: Path, text: str, *, times: int = 3, total: int = 1) -> None:
    for _ in range(times):
        QueryLog(folder).write(Logged(action="search", request_id="a", principals=BOARD, query=text, total=total))


async def test_a_question_that_is_asked_often_completes_what_is_typed(store: MemoryStore, tmp_path: Path) -> None:
    asked(tmp_path, "How long is annual leave?", times=2)
    asked(tmp_path, "how long is  annual leave?")
    asked(tmp_path, "annual days", times=2)
    before = AskedBefore(store=store, folder=tmp_path, least=3)

    found = await before.completing("ann", STAFF)

    assert [(each.text, each.kind) for each in found] == [("how long is annual leave?", "query")]
    assert await before.completing("nnual", STAFF) == ()


async def test_a_question_is_proposed_only_to_who_may_see_a_document_with_all_its_words(
    store: MemoryStore, tmp_path: Path
) -> None:
    for text in ("When is Leeds sold?", "leave Leeds", "sold"):
        asked(tmp_path, text)
    before = AskedBefore(store=store, folder=tmp_path, least=3)

    assert {each.text for each in await before.completing("le", BOARD)} == {"when is leeds sold?"}
    assert await before.completing("le", STAFF) == ()
    assert await before.completing("so", STAFF) == ()
    assert await before.completing("so", frozenset()) == ()


async def test_what_found_nothing_or_is_only_small_words_is_not_proposed(store: MemoryStore, tmp_path: Path) -> None:
    asked(tmp_path, "annual leave", total=0)
    asked(tmp_path, "what is it")
    before = AskedBefore(store=store, folder=tmp_path, least=3)

    assert await before.completing("annual", STAFF) == ()
    assert await before.completing("what", STAFF) == ()


async def test_nothing_is_proposed_where_that_is_not_wanted_or_there_is_no_log(
    store: MemoryStore, tmp_path: Path
) -> None:
    assert await AskedBefore(store=store, folder=tmp_path / "none", least=1).completing("annual", STAFF) == ()
    asked(tmp_path, "annual leave")
    assert await AskedBefore(store=store, folder=tmp_path, least=0).completing("annual", STAFF) == ()


async def test_a_damaged_log_costs_no_completion(
    store: MemoryStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "queries-2026-01-01.ndjson").write_text("{broken\n{}\n")

    assert await AskedBefore(store=store, folder=tmp_path, least=1).completing("annual", STAFF) == ()
    assert "line 1" in caplog.text
