"""Request bodies as JSON: the ACL filter stands in every one of them, and what a user wrote is never a language."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.stores.elasticsearch import queries
from groundsel_pipelines.stores.elasticsearch.conditions import MOST_PRINCIPALS, condition, visible_to
from groundsel_pipelines.types import Filter, FilterField, Query

ANN = frozenset({"user:ann", "group:hr"})
ACL = {
    "bool": {
        "filter": [{"terms": {"_allow_access_control": ["group:hr", "user:ann"]}}],
        "must_not": [{"terms": {"_deny_access_control": ["group:hr", "user:ann"]}}],
    }
}
ASK = Query(text="annual leave", principals=ANN, top_k=7, filters=(Filter(field="language", op="in", values=("en",)),))
QUOTED = Query(text="leave", principals=ANN, phrases=("annual leave",), excluded=('"} draft',))
VECTOR = np.array([[0.6, 0.8]], np.float32)

BODIES: dict[str, Callable[[], queries.Body]] = {
    "lexical": lambda: queries.lexical(ASK, ["annual", "leav"]),
    "by_date": lambda: queries.by_date(ASK, ["annual", "leav"], newest_first=True),
    "quoted": lambda: queries.lexical(QUOTED, ["leav"]),
    "lexical within": lambda: queries.lexical(ASK, ["annual"], ["hr/b", "hr/a"]),
    "dense": lambda: queries.dense(ASK, VECTOR),
    "dense within": lambda: queries.dense(ASK, VECTOR, within=["hr/b", "hr/a"]),
    "match_set": lambda: queries.match_set(ASK, ["annual"], also={"hr/b", "hr/a"}, facets=("source", "updated_at")),
    "located": lambda: queries.located("leave.md", ANN),
    "suggested": lambda: queries.suggested("reg", ANN),
    "state": lambda: queries.state(ANN),
    "vocabulary": lambda: queries.vocabulary(ANN),
}
ALLOWED_CLAUSES = {
    "bool",
    "nested",
    "match",
    "match_phrase",
    "term",
    "terms",
    "range",
    "exists",
    "constant_score",
    "knn",
}


def test_every_function_that_makes_a_body_is_looked_at_here() -> None:
    made = {
        name
        for name, function in inspect.getmembers(queries, inspect.isfunction)
        if function.__module__ == queries.__name__ and not name.startswith("_")
    }

    assert made == set(BODIES) - {"quoted", "lexical within", "dense within"}


@pytest.mark.parametrize("name", BODIES)
def test_the_acl_filter_stands_wherever_documents_are_selected(name: str) -> None:
    body = BODIES[name]()
    selecting = [body["knn"]["filter"]] if "knn" in body else []
    selecting += [body["query"]["bool"]["filter"]] if "query" in body else []

    assert selecting, "nothing is selected, so everything is"
    for filters in selecting:
        assert filters[0] == ACL
    assert set(body) <= {
        *(
            "size",
            "_source",
            "stored_fields",
            "docvalue_fields",
            "track_total_hits",
            "query",
            "knn",
            "aggs",
            "sort",
            "collapse",
        ),
    }


@pytest.mark.parametrize("name", BODIES)
def test_only_a_few_kinds_of_clauses_are_ever_sent(name: str) -> None:
    body = BODIES[name]()

    assert set(clauses(body.get("query", {}))) <= ALLOWED_CLAUSES
    assert {kind for each in body.get("knn", {}).get("filter", []) for kind in clauses(each)} <= ALLOWED_CLAUSES


def clauses(query: dict[str, Any]) -> Iterator[str]:
    """Give the kind of every clause of a query, however deep."""
    for kind, inside in query.items():
        yield kind
        below = inside if kind in ("bool", "nested", "constant_score") else {}
        for name, inner in below.items():
            for each in inner if isinstance(inner, list) else [inner]:
                if isinstance(each, dict) and name != "inner_hits":
                    yield from clauses(each)


def test_the_lexical_body_ranks_documents_by_their_best_passage() -> None:
    assert queries.lexical(ASK, ["annual", "leav"]) == {
        "size": 7,
        "stored_fields": "_none_",
        "docvalue_fields": ["shown"],
        "track_total_hits": False,
        "sort": ["_score", {"doc_id": "asc"}],
        "query": {
            "bool": {
                "must": [
                    {
                        "nested": {
                            "path": "passages",
                            "score_mode": "max",
                            "query": {"match": {"passages.terms": "annual leav"}},
                            "inner_hits": {
                                "size": 3,
                                "stored_fields": "_none_",
                                "docvalue_fields": ["passages.shown"],
                            },
                        }
                    }
                ],
                "filter": [ACL, {"terms": {"language": ["en"]}}],
            }
        },
    }


def test_the_dense_body_filters_while_it_searches() -> None:
    knn = queries.dense(ASK, VECTOR)["knn"]

    assert knn["filter"] == [ACL, {"terms": {"language": ["en"]}}]
    assert knn["query_vector"] == pytest.approx([0.6, 0.8])
    assert knn["k"] == 7


def test_of_given_documents_all_passages_are_asked_for_that_may_be_among_the_best() -> None:
    lexical = queries.lexical(ASK, ["annual"], ["hr/b", "hr/a"])
    dense = queries.dense(ASK, VECTOR, within=["hr/b", "hr/a"])
    nested = lexical["query"]["bool"]["must"][0]["nested"]

    assert (lexical["size"], dense["size"], dense["knn"]["k"]) == (2, 2, 2)
    assert nested["inner_hits"]["size"] == dense["knn"]["inner_hits"]["size"] == ASK.top_k
    for filters in (lexical["query"]["bool"]["filter"], dense["knn"]["filter"]):
        assert filters[-1] == {"terms": {"doc_id": ["hr/a", "hr/b"]}}


def test_counting_selects_without_scoring() -> None:
    body = queries.match_set(ASK, ["annual"], also={"hr/b", "hr/a"}, facets=("updated_at",))

    assert body["size"] == 0
    assert body["query"]["bool"]["filter"][-1]["bool"]["should"] == [
        {"terms": {"doc_id": ["hr/a", "hr/b"]}},
        {"match": {"terms": "annual"}},
    ]
    assert body["aggs"] == {"updated_at": {"terms": {"field": "year", "size": 1000}}}


def test_nobody_sees_nothing() -> None:
    assert visible_to(frozenset())["bool"]["filter"] == [{"terms": {"_allow_access_control": []}}]


def test_more_principals_than_a_clause_holds_are_refused() -> None:
    with pytest.raises(InvalidInput, match="65537 principals"):
        visible_to(str(number) for number in range(MOST_PRINCIPALS + 1))


FIELDS: st.SearchStrategy[FilterField] = st.sampled_from(["source", "media_type", "language"])


@given(field=FIELDS, values=st.lists(st.text(), max_size=3), prefix=st.text(min_size=1), name=st.text())
def test_what_a_user_writes_is_only_ever_a_value(field: FilterField, values: list[str], prefix: str, name: str) -> None:
    among = condition(Filter(field=field, op="in", values=tuple(values)))
    located, suggested = queries.located(name, ANN), queries.suggested(prefix, ANN)

    assert among == {"terms": {field: values}}
    assert located["query"]["bool"]["filter"][1:] == [{"term": {"uri_endings": name}}]
    assert [list(each) for each in suggested["query"]["bool"]["filter"]] == [["bool"], ["term"]]
    assert json.loads(json.dumps(suggested)) == suggested


@pytest.mark.parametrize(
    ("given_filter", "expected"),
    [
        (Filter(field="source", op="not_in", values=("a",)), {"bool": {"must_not": [{"terms": {"source": ["a"]}}]}}),
        (Filter(field="updated_at", op="exists"), {"exists": {"field": "year"}}),
        (Filter(field="updated_at", op="in", values=("2026",)), {"terms": {"year": ["2026"]}}),
        (
            Filter(field="updated_at", op="range", gte="2026-01-31", lte="2026-01-31"),
            {"range": {"updated_at": {"gte": "2026-01-31T00:00:00.000+00:00", "lte": "2026-01-31T23:59:59.999+00:00"}}},
        ),
    ],
)
def test_a_filter_as_json(given_filter: Filter, expected: dict[str, Any]) -> None:
    assert condition(given_filter) == expected


def test_a_range_of_something_else_than_dates_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a range is for updated_at"):
        condition(Filter(field="source", op="range", gte="a"))
