"""Dates as people write them, in English and French: a span of days, either end open."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

EARLIEST_YEAR: Final = 1900  # what looks like an earlier one is a number
LATEST_YEAR: Final = 2100
DECEMBER: Final = 12

_MONTHS: Final = (
    "january|jan|janvier february|feb|février|fevrier march|mar|mars april|apr|avril may|mai june|jun|juin "
    "july|jul|juillet august|aug|août|aout september|sept|sep|septembre october|oct|octobre november|nov|novembre "
    "december|dec|décembre|decembre"
)
MONTHS: Final = {name: number for number, names in enumerate(_MONTHS.split(), start=1) for name in names.split("|")}
UNITS: Final = {
    "day": "day", "days": "day", "jour": "day", "jours": "day",
    "week": "week", "weeks": "week", "semaine": "week", "semaines": "week",
    "month": "month", "months": "month", "mois": "month",
    "year": "year", "years": "year", "an": "year", "ans": "year", "année": "year", "années": "year",
}  # fmt: skip

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_WHEN = rf"\d{{4}}-\d{{2}}(?:-\d{{2}})?|(?:(?:(?:1er|\d{{1,2}})\s+)?(?:{_MONTH})\s+)?\d{{4}}"
NATURAL: Final = re.compile(
    rf"""(?<!\w)(?:
      (?P<side>since|after|before|until|depuis|après|avant|jusqu['’]?(?:en|à|au)?)\s+(?:le\s+|the\s+)?(?P<when>{_WHEN})
    | (?:in\s+the\s+)?(?:last|past)\s+(?P<count>\d{{1,3}})\s+(?P<unit>{_UNIT})
    | (?:ces|les)\s+(?P<compte>\d{{1,3}})\s+derni(?:ers|ères)\s+(?P<unite>{_UNIT})
    | (?P<which>last|this)\s+(?P<period>week|month|year)
    | (?:la\s+|le\s+|l['’])?(?P<periode>semaine|mois|année|an)\s+derni(?:er|ère)
    | (?:cette|ce)\s+(?P<courante>semaine|mois|année)(?:-ci)?
    | (?P<day>today|yesterday|aujourd['’]hui|hier)
    )(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)
_WRITTEN = re.compile(rf"(?:(?:(?P<day>1er|\d{{1,2}})\s+)?(?P<month>{_MONTH})\s+)?(?P<year>\d{{4}})", re.IGNORECASE)
_ISO = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2}))?(?:-(?P<day>\d{1,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a first day to a last one, both in it; None is open."""

    first: date | None = None
    last: date | None = None


def whole(text: str) -> Span | None:
    """Read a year, a month or a day, all of it: `2025`, `2025-03`, `mars 2025`; None for what is none of these."""
    found = _ISO.fullmatch(text) or _WRITTEN.fullmatch(text)
    if not found:
        return None
    year, month, day = (_number(found[name]) for name in ("year", "month", "day"))
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return Span(first=first, last=first)
    last_month = month or DECEMBER
    return Span(first=first, last=date(year, last_month, monthrange(year, last_month)[1]))


def sided(side: str, when: str) -> Span | None:
    """Read `since 2025-03` and the like: before and after leave out what they name."""
    named = whole(when)
    if named is None or named.first is None or named.last is None:
        return None
    match side.lower():
        case "since" | "depuis":
            return Span(first=named.first)
        case "after" | "après":
            return Span(first=named.last + timedelta(days=1))
        case "before" | "avant":
            return Span(last=named.first - timedelta(days=1))
        case "on" | "date":
            return named
        case _:
            return Span(last=named.last)


def natural(found: re.Match[str], today: date) -> Span | None:
    """Read what NATURAL has found; None where it is no date after all."""
    if found["side"]:
        return sided(found["side"], found["when"])
    if count := found["count"] or found["compte"]:
        unit = UNITS[(found["unit"] or found["unite"]).lower()]
        return Span(first=back(today, int(count), unit), last=today)
    if found["day"]:
        day = today if found["day"].lower() in {"today", "aujourd'hui", "aujourd’hui"} else today - timedelta(days=1)
        return Span(first=day, last=day)
    if found["courante"] or (found["which"] or "").lower() == "this":
        start = start_of(today, UNITS[(found["courante"] or found["period"]).lower()])
        return Span(first=start, last=today)
    unit = UNITS[(found["periode"] or found["period"]).lower()]
    start = start_of(today, unit)
    last = start - timedelta(days=1)
    return Span(first=start_of(last, unit), last=last)


def start_of(day: date, unit: str) -> date:
    """Give the first day of the week (Monday), month or year that `day` is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def back(day: date, count: int, unit: str) -> date:
    """Give the day that many units earlier; the last day of a month where that month is shorter."""
    if unit in {"day", "week"}:
        return day - timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _number(text: str | None) -> int:
    if not text:
        return 0
    return 1 if text == "1er" else MONTHS.get(text.lower(), 0) or int(text)
