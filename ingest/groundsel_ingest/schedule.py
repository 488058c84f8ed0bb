"""When a source is to be run: every so often, or once a day."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from groundsel_pipelines.errors import InvalidInput

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
EVERY = re.compile(r"([1-9]\d{0,5})([smhd])")
AT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Either `every` so often, counted from the start of the last run, or daily `at` a local time."""

    every: timedelta | None = None
    at: time | None = None

    def next_run(self, last: datetime | None, *, now: datetime) -> datetime:
        """Give when the source is due; at once where it never ran, or where the clock was set back since."""
        if last is None or last > now:
            return now
        if self.every is not None:
            return last + self.every
        local = last.astimezone()
        due = datetime.combine(local.date(), self.at or time()).astimezone()
        return (
            due if due > local else datetime.combine(local.date() + timedelta(days=1), self.at or time()).astimezone()
        )


def read_schedule(text: str, *, source: str) -> Schedule | None:
    """Read `10m`, `6h`, `1d` or `02:30`; nothing means that the source runs only when asked for.

    Raises:
        InvalidInput: it is none of these.

    """
    if not text:
        return None
    if every := EVERY.fullmatch(text):
        return Schedule(every=timedelta(**{UNITS[every[2]]: int(every[1])}))
    if at := AT.fullmatch(text):
        return Schedule(at=time(int(at[1]), int(at[2])))
    raise InvalidInput(
        f"setting 'sources.{source}.schedule': {text!r} is no schedule; write 10m, 6h, 1d, or a time of day as 02:30"
    )
