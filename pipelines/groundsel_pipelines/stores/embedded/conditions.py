"""What a query may touch, as clauses of tantivy: who asks, collections, filters, phrases; they never score."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import tantivy
from tantivy import Occur

from groundsel_pipelines.stores.analysis import sequences
from groundsel_pipelines.stores.fields import asked_name, asked_terms_of
from groundsel_pipelines.stores.visibility import time_bounds
from groundsel_pipelines.types import Filter, Query

Clause = tuple[Occur, tantivy.Query]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The rows that a query's phrases and conditions on metadata leave, and those that they take away."""

    required: frozenset[int] | None = None  # None: all
    refused: frozenset[int] = frozenset()


EVERYTHING: Final = Held()


def row_set(schema: tantivy.Schema, held: Held) -> list[Clause]:
    """Keep the passages of whole documents: a phrase may stand in another passage than the one that ranks."""
    clauses: list[Clause] = []
    if held.required is not None:
        clauses.append((Occur.Must, _unscored(tantivy.Query.term_set_query(schema, "row", sorted(held.required)))))
    if held.refused:
        clauses.append((Occur.MustNot, _unscored(tantivy.Query.term_set_query(schema, "row", sorted(held.refused)))))
    return clauses


def phrase_clauses(schema: tantivy.Schema, query: Query) -> list[Clause]:
    """Keep the documents that hold every phrase of the query and nothing that it excludes."""
    required = [(Occur.Must, phrase_query(schema, phrase)) for phrase in query.phrases]
    return required + [(Occur.MustNot, phrase_query(schema, excluded)) for excluded in query.excluded]


def phrase_query(schema: tantivy.Schema, text: str) -> tantivy.Query:
    """Find documents that hold the words of `text` next to one another, in whatever language; words are data."""
    either = [
        (
            Occur.Should,
            tantivy.Query.phrase_query(schema, "text", list(terms))
            if len(terms) > 1
            else tantivy.Query.term_set_query(schema, "text", terms),
        )
        for terms in sequences(text)
    ]
    return _unscored(tantivy.Query.boolean_query(either)) if either else tantivy.Query.empty_query()


def under(schema: tantivy.Schema, query: Query, scored: tantivy.Query, further: Sequence[Clause] = ()) -> tantivy.Query:
    """Put the conditions around a query: who asks, collections and filters. Every search goes through here."""
    clauses = [
        (Occur.Must, scored),
        (Occur.Must, one_of(schema, "allowed", query.principals)),
        (Occur.MustNot, one_of(schema, "denied", query.principals)),
        *(
            (Occur.MustNot if given.op == "not_in" else Occur.Must, _condition(schema, given))
            for given in query.filters
        ),
        *further,
    ]
    if query.collections:
        clauses.append((Occur.Must, one_of(schema, "collection", query.collections)))
    return tantivy.Query.boolean_query(clauses)


def one_of(schema: tantivy.Schema, field: str, values: Collection[str]) -> tantivy.Query:
    return _unscored(tantivy.Query.term_set_query(schema, field, sorted(values)))


def _condition(schema: tantivy.Schema, condition: Filter) -> tantivy.Query:
    if asked_name(condition):
        return named_query(schema, condition)
    if condition.op == "exists":
        return _unscored(tantivy.Query.exists_query(column(condition.field)))
    if condition.op != "range":
        return one_of(schema, column(condition.field), condition.values)
    earliest, latest = time_bounds(condition)
    return _unscored(
        tantivy.Query.range_query(
            schema,
            "updated_at",
            tantivy.FieldType.Integer,
            lower_bound=int(earliest.timestamp()) if earliest else None,
            upper_bound=int(latest.timestamp()) if latest else None,
        )
    )


def named_query(schema: tantivy.Schema, condition: Filter) -> tantivy.Query:
    """Find what has a field of its own, or one of the values of it that are asked for; `not_in` is up to the caller."""
    if condition.op == "exists":
        return one_of(schema, "field_names", [asked_name(condition)])
    return one_of(schema, "fields", asked_terms_of(condition))


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


def column(field: str) -> str:
    return {"updated_at": "year", "updated_month": "month"}.get(field, field)
