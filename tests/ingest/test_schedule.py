"""When a source is due."""

from datetime import UTC, datetime, timedelta

import pytest

from groundsel_ingest.schedule import read_schedule
from groundsel_pipelines.errors import InvalidInput

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), ("6h", 21_600), ("1d", 86_400)])
def test_every_so_often_counts_from_the_last_start(text: str, seconds: int) -> None:
    schedule = read_schedule(text, source="wiki")

    assert schedule is not None
    assert schedule.next_run(NOW, now=NOW + timedelta(seconds=1)) == NOW + timedelta(seconds=seconds)
    assert schedule.next_run(None, now=NOW) == NOW


def test_a_time_of_day_comes_once_a_day() -> None:
    schedule = read_schedule("02:30", source="wiki")
    assert schedule is not None
    for last in (NOW, NOW.replace(hour=1), NOW.replace(hour=23)):
        due = schedule.next_run(last, now=last)
        assert (due.astimezone().hour, due.astimezone().minute) == (2, 30)
        assert timedelta() < due - last <= timedelta(days=1)


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    schedule = read_schedule("1d", source="wiki")

    assert schedule is not None
    assert schedule.next_run(NOW + timedelta(days=300), now=NOW) == NOW


@pytest.mark.parametrize("text", ["10", "m", "0m", "-5m", "25:00", "12:60", "* * * * *", "10 m", "9999999d"])
def test_what_is_no_schedule_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"sources\.wiki\.schedule"):
        read_schedule(text, source="wiki")


def test_no_schedule_means_when_asked_for() -> None:
    assert read_schedule("", source="wiki") is None
