"""What a query may touch, as Elasticsearch filters: pure functions, the only place where the ACL filter is built."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.stores.analysis import sequences
from groundsel_pipelines.stores.fields import asked_name, asked_terms_of
from groundsel_pipelines.stores.visibility import time_bounds
from groundsel_pipelines.types import FacetField, Filter, Query

Clause = Mapping[str, Any]

ALLOWED: Final = "_allow_access_control"
DENIED: Final = "_deny_access_control"
MOST_PRINCIPALS: Final = 65_536  # of one `terms` clause, as Elasticsearch has it


def visible_to(principals: Iterable[str]) -> Clause:
    """Keep documents that allow one of `principals` and deny none; without principals, keep none.

    Raises:
        InvalidInput: there are more than one clause can hold.

    """
    values = sorted(principals)
    if len(values) > MOST_PRINCIPALS:
        raise InvalidInput(f"the asker has {len(values)} principals; at most {MOST_PRINCIPALS} can be looked up")
    return {"bool": {"filter": [{"terms": {ALLOWED: values}}], "must_not": [{"terms": {DENIED: values}}]}}


def conditions(query: Query) -> list[Clause]:
    """Give every filter of a query: who asks comes first, always."""
    return [
        visible_to(query.principals),
        *(condition(each) for each in query.filters),
        *(holds(phrase) for phrase in query.phrases),
        *({"bool": {"must_not": [holds(excluded)]}} for excluded in query.excluded),
    ]


def holds(phrase: str) -> Clause:
    """Keep documents that hold the words of `phrase` next to one another, in whatever language they are."""
    either = [{"match_phrase": {"terms": " ".join(terms)}} for terms in sequences(phrase)]
    return {"bool": {"should": either, "minimum_should_match": 1}} if either else {"match_none": {}}


def condition(given: Filter) -> Clause:
    """Write one condition; its values are data in a `terms` or `range` clause.

    Raises:
        InvalidInput: a range over something else than dates, or a bound that is no date.

    """
    name = asked_name(given)
    if given.op == "exists":
        return {"term": {"field_names": name}} if name else {"exists": {"field": column(given.field)}}
    if given.op == "range":
        return {"range": {"updated_at": bounds(given)}}
    wanted = {"fields": asked_terms_of(given)} if name else {column(given.field): list(given.values)}
    among: Clause = {"terms": wanted}
    return among if given.op == "in" else {"bool": {"must_not": [among]}}


def bounds(given: Filter) -> dict[str, str]:
    earliest, latest = time_bounds(given)
    both = {"gte": earliest, "lte": latest}
    return {name: moment.isoformat(timespec="milliseconds") for name, moment in both.items() if moment}


def column(field: str) -> str:
    """Give the field that holds what a filter or a facet compares: of a date, its year."""
    return {"updated_at": "year", "updated_month": "month"}.get(field, field)


def facet_clauses(facets: Sequence[FacetField], *, size: int) -> dict[str, Clause]:
    return {field: {"terms": {"field": column(field), "size": size}} for field in facets}
