"""The query language, read in one pass: quoted phrases, `-word`, `field:value`, dates; all else is words.

What was read is typed values; no text of the asker is ever handed on as a query string (rule R29).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final, Literal

from groundsel_pipelines.types import METADATA, Filter, FilterField, PlanPart, QueryPlan
from groundsel_pipelines.understanding import dates
from groundsel_pipelines.understanding.planning import with_parts
from groundsel_pipelines.words import LANGUAGES, stems

FIELDS: Final[Mapping[str, FilterField]] = {
    "type": "media_type", "media_type": "media_type", "filetype": "media_type",
    "source": "source",
    "language": "language", "lang": "language", "langue": "language",
}  # fmt: skip
SHOWN_AS: Final[Mapping[str, str]] = {"media_type": "type", "source": "source", "language": "language"}
SIDES: Final = ("since", "after", "before", "until", "on", "depuis", "après", "avant", "jusque", "date")
VALUES: Final[Mapping[str, str]] = {  # as people say it, and as it is stored
    "word": "docx", "excel": "xlsx", "powerpoint": "pptx", "slides": "pptx", "mail": "eml", "email": "eml",
    "web": "html", "markdown": "md", "text": "txt",
    "english": "en", "anglais": "en", "french": "fr", "français": "fr", "german": "de", "allemand": "de",
    "spanish": "es", "espagnol": "es", "italian": "it", "italien": "it", "dutch": "nl", "portuguese": "pt",
    "swedish": "sv",
}  # fmt: skip

OPERATOR: Final = re.compile(
    r"""(?<!\S)(?P<minus>-)?(?:
      (?P<field>[^\W\d]\w*):(?:"(?P<quoted>[^"]+)"|(?P<value>[^\s"]+))
    | ["“”«](?P<phrase>[^"“”«»]+)["“”»]
    | (?P<word>(?<=-)[^\W\d][\w'’-]*)
    )(?!\w)""",
    re.VERBOSE,
)
ASKS: Final = re.compile(
    r"\?|^\s*(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|has|have|should|"
    r"que|quel\w*|qui|quoi|quand|où|comment|combien|pourquoi|est-ce|y a-t-il)\b",
    re.IGNORECASE,
)


def read(text: str, *, today: date, undone: frozenset[str] = frozenset(), fields: Collection[str] = ()) -> QueryPlan:
    """Read a question.

    A date in plain words ("last week") is a condition in a few words, and only offered in a sentence that asks: "What
    has changed since 2020?" is as likely about what the documents say as about when they were written.

    Args:
        text: as it was typed.
        today: what "last week" is told from.
        undone: ids of parts that are to be taken as mere words.
        fields: names of metadata, in lower case, that a condition may be about.

    """
    plan = QueryPlan(text=text, words="")
    parts: list[PlanPart] = []
    for part, condition in _read(text, today, fields):
        if part.part_id in undone:
            continue
        parts.append(part)
        match part, condition:
            case PlanPart(applied=True), Filter():
                plan = replace(plan, filters=(*plan.filters, condition))
            case PlanPart(kind="phrase"), str():
                plan = replace(plan, phrases=(*plan.phrases, condition))
            case PlanPart(kind="exclusion"), str():
                plan = replace(plan, excluded=(*plan.excluded, condition))
    return with_parts(plan, parts, undone)


Read = tuple[PlanPart, str | Filter]


def _read(text: str, today: date, fields: Collection[str]) -> Iterator[Read]:
    """Give what was read in the order of the text; what two ways of reading claim goes to the operator."""
    operators = [read for found in OPERATOR.finditer(text) if (read := _operator(found, fields))]
    taken = [(part.start, part.end) for part, _ in operators]
    free = (
        found
        for found in dates.NATURAL.finditer(text)
        if all(found.end() <= start or end <= found.start() for start, end in taken)
    )
    asks = bool(ASKS.search(text))
    naturals = [read for found in free if (read := _natural(found, today, applied=not asks))]
    return iter(sorted([*operators, *naturals], key=lambda read: read[0].start))


def _operator(found: re.Match[str], fields: Collection[str]) -> Read | None:
    if found["field"]:
        return _field(found) or _of_metadata(found, fields)
    told = (found["phrase"] or found["word"] or "").strip()
    if not is_telling(told):
        return None
    if found["minus"]:
        return _part(found, "exclusion", f'-"{told}"' if found["phrase"] else f"-{told}"), told
    return _part(found, "phrase", f'"{told}"'), told


def _field(found: re.Match[str]) -> Read | None:
    name, value = found["field"].lower(), found["quoted"] or found["value"]
    if name in SIDES:
        span = None if found["minus"] else dates.sided(name, value)
        return (_part(found, "filter", told(span)), between(span)) if span else None
    if name not in FIELDS:
        return None
    column = FIELDS[name]
    values = (value,) if column == "source" else tuple(VALUES.get(each, each) for each in value.lower().split(","))
    operator: Literal["in", "not_in"] = "not_in" if found["minus"] else "in"
    becomes = f"{found['minus'] or ''}{SHOWN_AS[column]}:{','.join(values)}"
    return _part(found, "filter", becomes), Filter(field=column, op=operator, values=values)


def _of_metadata(found: re.Match[str], fields: Collection[str]) -> Read | None:
    """Read a condition on a field that some visible document has; to others, the name is a word like any other."""
    name, value = found["field"].lower(), found["quoted"] or found["value"]
    if name in SIDES or name in FIELDS or name not in fields:
        return None
    operator: Literal["in", "not_in"] = "not_in" if found["minus"] else "in"
    becomes = f'{found["minus"] or ""}{name}:"{value}"'
    return _part(found, "filter", becomes), Filter(field=f"{METADATA}{name}", op=operator, values=(value,))


def _natural(found: re.Match[str], today: date, *, applied: bool) -> Read | None:
    span = dates.natural(found, today)
    if span is None:
        return None
    return replace(_part(found, "filter", told(span)), applied=applied), between(span)


def _part(found: re.Match[str], kind: Literal["phrase", "exclusion", "filter"], becomes: str) -> PlanPart:
    return PlanPart(kind=kind, start=found.start(), end=found.end(), text=found.group(), becomes=becomes)


def is_telling(text: str) -> bool:
    """Say whether an index of any language holds a word of `text`: nobody can be held to stop words."""
    return all(stems(text, language) for language in LANGUAGES)


def between(span: dates.Span) -> Filter:
    return Filter(
        field="updated_at",
        op="range",
        gte=span.first.isoformat() if span.first else None,
        lte=span.last.isoformat() if span.last else None,
    )


def told(span: dates.Span) -> str:
    """Write a span in the query language."""
    if span.first and span.first == span.last:
        return f"on:{span.first}"
    ends = (("since", span.first), ("until", span.last))
    return " ".join(f"{side}:{day}" for side, day in ends if day)
