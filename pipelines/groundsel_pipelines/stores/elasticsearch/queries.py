"""Every request body that reads for an asker: pure functions of typed values, tested as JSON.

What a user wrote lands only as a value of `match`, `term` or `terms` clauses, already split into terms: there is no
query language to escape from (rule R29).
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from groundsel_pipelines.stores.counted_words import COUNTING
from groundsel_pipelines.stores.elasticsearch.conditions import Clause, conditions, facet_clauses, visible_to
from groundsel_pipelines.types import FacetField, Query, Vectors
from groundsel_pipelines.understanding.completing import CANDIDATES as COMPLETING
from groundsel_pipelines.understanding.completing import LONGEST_BEGINNING

Body = dict[str, Any]

PASSAGES_OF_A_DOCUMENT: Final = 3
"""Given of each document at first; of those that may have more among the best, more are asked for (`legs`).

The texts of passages are most of what a search costs beyond finding them, and few documents have many that are good.
"""

CANDIDATES: Final = 2  # looked at per document asked for, in the graph of vectors: recall against time
FACET_VALUES: Final = 1000  # distinct values counted exactly; beyond it the rarest are left out
LOCATED: Final = 1000  # documents of one path's end


def lexical(query: Query, terms: Sequence[str], within: Collection[str] = ()) -> Body:
    """Rank documents by the BM25 of their best passage, counted over passages; all, or those of the ids `within`.

    Those of one score come in the order of their ids, so that those asked for are always the first of one list.
    """
    return {
        **_shown(len(within) or query.top_k),
        "track_total_hits": False,
        "sort": ["_score", {"doc_id": "asc"}],
        "query": {
            "bool": {
                "must": [
                    {
                        "nested": {
                            "path": "passages",
                            "score_mode": "max",
                            "query": {"match": {"passages.terms": " ".join(terms)}},
                            "inner_hits": _passages(query, within),
                        }
                    }
                ],
                "filter": [*conditions(query), *_these(within)],
            }
        },
    }


def by_date(query: Query, terms: Sequence[str], *, newest_first: bool) -> Body:
    """Find documents by words, in the order of their dates, then of their ids; those without a date come last."""
    order = "desc" if newest_first else "asc"
    return {
        **lexical(query, terms),
        "sort": [{"updated_at": {"order": order, "missing": "_last"}}, {"doc_id": "asc"}],
    }


def dense(query: Query, vector: Vectors, within: Collection[str] = ()) -> Body:
    """Rank documents by the cosine of their nearest passage; the filter is applied while the graph is walked.

    The graph holds rounded vectors; the candidates that it gives are compared by their exact ones.
    """
    wanted = len(within) or query.top_k
    return {
        **_shown(wanted),
        "track_total_hits": False,
        "knn": {
            "field": "passages.vector",
            "query_vector": vector[0].tolist(),
            "k": wanted,
            "num_candidates": CANDIDATES * wanted,
            "rescore_vector": {"oversample": CANDIDATES},
            "filter": [*conditions(query), *_these(within)],
            "inner_hits": _passages(query, within),
        },
    }


def match_set(query: Query, terms: Sequence[str], *, also: Collection[str], facets: Sequence[FacetField]) -> Body:
    """Count the documents that hold a term of the query, with those of `also`, and their values per facet."""
    either: list[Clause] = [{"terms": {"doc_id": sorted(also)}}] if also or not terms else []
    if terms:
        either.append({"match": {"terms": " ".join(terms)}})
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": [*conditions(query), {"bool": {"should": either, "minimum_should_match": 1}}]}},
        "aggs": facet_clauses(facets, size=FACET_VALUES),
    }


def located(name: str, principals: Collection[str]) -> Body:
    """Find documents by the end of their path."""
    return {
        "size": LOCATED,
        "_source": ["doc_id", "uri"],
        "query": {"bool": {"filter": [visible_to(principals), {"term": {"uri_endings": name}}]}},
    }


def suggested(begin: str, principals: Collection[str]) -> Body:
    """Find documents that have something in which a word begins with `begin`; titles that begin so come first."""
    prefix = begin[:LONGEST_BEGINNING]
    return {
        "size": COMPLETING,
        "_source": ["doc_id", "completions"],
        "query": {
            "bool": {
                "filter": [visible_to(principals), {"term": {"beginnings": prefix}}],
                "should": [{"constant_score": {"filter": {"term": {"title_start": prefix}}}}],
            }
        },
        "sort": ["_score", "title_length", "doc_id"],
    }


def state(principals: Collection[str]) -> Body:
    """Ask for numbers that differ as soon as anything in the visible documents does: every write has a new number."""
    return {
        "size": 0,
        "query": {"bool": {"filter": [visible_to(principals)]}},
        "aggs": {"writes": {"extended_stats": {"field": "_seq_no"}}},
    }


def vocabulary(principals: Collection[str]) -> Body:
    """Count the words of the visible documents, and the abbreviations that they explain."""
    return {
        "size": 0,
        "query": {"bool": {"filter": [visible_to(principals)]}},
        "aggs": COUNTING,
    }


def _shown(size: int) -> Body:
    """Take of a document what a hit shows, from a column: any stored field, even `_id`, unpacks the whole source."""
    return {"size": size, "stored_fields": "_none_", "docvalue_fields": ["shown"]}


def _passages(query: Query, within: Collection[str]) -> Body:
    size = query.top_k if within else PASSAGES_OF_A_DOCUMENT
    return {"size": size, "stored_fields": "_none_", "docvalue_fields": ["passages.shown"]}


def _these(doc_ids: Collection[str]) -> list[Clause]:
    return [{"terms": {"doc_id": sorted(doc_ids)}}] if doc_ids else []
