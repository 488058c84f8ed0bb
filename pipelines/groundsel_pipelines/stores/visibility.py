"""Who may see a document, and which documents a filter keeps: the rules that every store applies, in one place."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.stores.fields import asked_name, asked_terms_of, field_names, field_terms, no_range
from groundsel_pipelines.types import Document, Filter, Query


def may_see(allowed: frozenset[str], denied: frozenset[str], principals: frozenset[str]) -> bool:
    """Say whether someone with these principals may see a document: one is allowed, none is denied."""
    return not allowed.isdisjoint(principals) and denied.isdisjoint(principals)


def facet_value(document: Document, field: str) -> str | None:
    """Give what a facet counts: the field's value, of a date its year, or None where there is none."""
    if field == "updated_at":
        return f"{document.updated_at:%Y}" if document.updated_at else None
    if field == "updated_month":
        return f"{document.updated_at:%Y-%m}" if document.updated_at else None
    value: str = getattr(document, field)
    return value


def keeps(document: Document, query: Query) -> bool:
    """Say whether a document is visible to the query's asker, in its collections, and passes its filters."""
    return (
        may_see(document.allowed, document.denied, query.principals)
        and (not query.collections or document.collection in query.collections)
        and all(_passes(document, condition) for condition in query.filters)
    )


def time_bounds(condition: Filter) -> tuple[datetime | None, datetime | None]:
    """Give the inclusive bounds of a date range in UTC; a bare date means its whole day.

    Raises:
        InvalidInput: it is about something else than dates, or a bound is not an ISO 8601 date or time.

    """
    if condition.field != "updated_at":
        raise no_range(condition)
    return _bound(condition.gte, time.min), _bound(condition.lte, time.max)


def _bound(text: str | None, time_of_day: time) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a date; write it as 2026-01-31") from None
    if len(text) <= len("2026-01-31"):
        moment = datetime.combine(moment.date(), time_of_day)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _passes(document: Document, condition: Filter) -> bool:
    return _TESTS[condition.op](document, condition)


def _in_range(document: Document, condition: Filter) -> bool:
    earliest, latest = time_bounds(condition)
    moment = document.updated_at
    return moment is not None and (earliest is None or earliest <= moment) and (latest is None or moment <= latest)


def _among(document: Document, condition: Filter) -> bool:
    if asked_name(condition):
        return not field_terms(document.metadata).isdisjoint(asked_terms_of(condition))
    return facet_value(document, condition.field) in condition.values


def _exists(document: Document, condition: Filter) -> bool:
    if name := asked_name(condition):
        return name in field_names(document.metadata)
    return facet_value(document, condition.field) is not None


_TESTS: Mapping[str, Callable[[Document, Filter], bool]] = {
    "in": _among,
    "not_in": lambda document, condition: not _among(document, condition),
    "exists": _exists,
    "range": _in_range,
}
