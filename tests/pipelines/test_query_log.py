"""The query log: what a line holds, what it leaves out, how long it stays, and what it tells."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.logged import read_log
from groundsel_pipelines.query_log import Given, Logged, QueryLog, lines, record
from groundsel_pipelines.query_report import judged, report
from groundsel_pipelines.settings import LogSettings, Settings

ANN = frozenset({"user:ann", "group:staff"})
SEARCH = Logged(
    action="search", request_id="a1", principals=ANN, query="Annual  leave", total=2, returned=2, took_ms=3.2
)
CLICK = Logged(action="click", request_id="a1", principals=ANN, doc_id="docs/leave.md", rank=1, kind="click")


def test_a_line_has_the_fields_of_ecs_and_nothing_of_who_asked() -> None:
    line = record(SEARCH, at=datetime(2026, 1, 2, tzinfo=UTC), text="full")

    assert line["@timestamp"] == "2026-01-02T00:00:00.000+00:00"
    assert line["event"]["action"] == "search"
    assert line["event"]["duration"] == 3_200_000
    assert line["groundsel"]["query"]["text"] == "Annual  leave"
    assert "ann" not in str({**line, "groundsel": {}}).lower()


@pytest.mark.parametrize(("text", "kept"), [("hashed", {"hash"}), ("off", set())])
def test_the_text_of_a_question_is_kept_only_where_that_is_wanted(text: str, kept: set[str]) -> None:
    line = record(SEARCH, at=datetime(2026, 1, 2, tzinfo=UTC), text=text)  # type: ignore[arg-type]  # parametrised

    assert set(line["groundsel"]["query"]) == kept


def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    log = QueryLog(tmp_path, days=30)
    for day in ("2025-12-01", "2025-12-02", "2026-01-01"):
        (tmp_path / f"queries-{day}.ndjson").touch()
    (tmp_path / "other.txt").touch()

    log.forget(date(2026, 1, 1))

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "other.txt", "queries-2025-12-02.ndjson", "queries-2026-01-01.ndjson"
    ]  # fmt: skip


def test_a_log_tells_what_found_nothing_what_nobody_opened_and_what_was_right(tmp_path: Path) -> None:
    log = QueryLog(tmp_path)
    asked = {"a1": ("annual leave", 2), "a2": ("Annual Leave", 2), "b1": ("parrots", 0), "c1": ("trains", 1)}
    for request_id, (text, total) in asked.items():
        log.write(Logged(action="search", request_id=request_id, principals=ANN, query=text, total=total))
    log.write(Logged(action="search", request_id="d1", principals=ANN, query="zzqqx", total=9, worded=False))
    log.write(CLICK)
    log.write(Logged(action="feedback", request_id="c1", principals=ANN, doc_id="docs/travel.md", kind="down"))

    told = report(lines(tmp_path))

    assert (told.searches, next((each.text, each.times) for each in told.questions)) == (5, ("annual leave", 2))
    assert [each.text for each in told.without_results] == ["parrots", "zzqqx"]
    assert [each.text for each in told.without_clicks] == ["trains"]
    assert judged(report(lines(tmp_path))) == {"annual leave": ("docs/leave.md",)}


def test_questions_that_the_documents_do_not_answer_are_told(tmp_path: Path) -> None:
    log = QueryLog(tmp_path)
    for request_id, text, status in (("a", "parrots", "not_in_documents"), ("b", "leave", "answered")):
        given = Given(status=status, method="none", passages=("docs/leave.md#0",) if status == "answered" else ())
        log.write(Logged(action="answer", request_id=request_id, principals=ANN, query=text, answer=given))

    told = report(lines(tmp_path))

    assert [(each.text, each.not_told) for each in told.not_told] == [("parrots", 1)]
    assert told.searches == 0
    assert told.without_results == ()


def test_what_people_opened_is_an_evaluation_set_over_the_live_index(tmp_path: Path) -> None:
    settings = Settings(log=LogSettings(folder=tmp_path))
    log = QueryLog(tmp_path)
    log.write(SEARCH)
    with pytest.raises(InvalidInput, match="no result was opened"):
        read_log(settings, limit=None)
    log.write(CLICK)

    found = read_log(settings, limit=None)

    assert found.live
    assert [(each.text, [gold.name for gold in each.gold]) for each in found.questions] == [
        ("Annual  leave", ["docs/leave.md"])
    ]


def test_a_line_cut_short_by_a_crash_is_passed_over_and_a_broken_one_is_named(tmp_path: Path) -> None:
    log = QueryLog(tmp_path)
    log.write(SEARCH)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()

    file.write_bytes(whole + b'{"event":')
    assert len(list(lines(tmp_path))) == 1
    file.write_bytes(b"broken\n" + whole)
    with pytest.raises(InvalidInput, match="line 1"):
        list(lines(tmp_path))
    with pytest.raises(InvalidInput, match="no query log"):
        list(lines(tmp_path / "none"))
