"""What is asked of a store, and the rankings and counts that it gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from groundsel_pipelines.types.documents import Passage

FilterField = Literal["source", "media_type", "updated_at", "language"]
METADATA: Final = "metadata."
"""What stands before the name of a field that a document has of its own: `metadata.author`."""

YEAR: Final = "[0-9]{4}"
"""What `in` and `not_in` compare a date by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition on a document: `in`/`not_in` look at `values`, `range` at `gte`/`lte`, `exists` at neither."""

    field: str  # a FilterField, or METADATA and a name: found by its whole value or a word of it, without case
    op: Literal["in", "not_in", "range", "exists"]
    values: tuple[str, ...] = ()
    gte: str | None = None  # ISO 8601 date or time, inclusive
    lte: str | None = None  # inclusive; a bare date means the whole day


PartKind = Literal["phrase", "exclusion", "filter", "correction", "expansion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPart:
    """One thing that was read out of a question: `text[start:end]` of it, and what it becomes."""

    kind: PartKind
    start: int  # code points into the question as it was typed
    end: int
    text: str  # as it was typed
    becomes: str  # the same in the query language: `"annual leave"`, `-annual`, `since:2025-03-01`, or other words
    applied: bool = True  # False: only offered

    @property
    def part_id(self) -> str:
        """Name the part for as long as the question stays as it is: what undoes it."""
        return f"{self.kind}:{self.start}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """What a question was understood as: words to rank by, and conditions that every result meets."""

    text: str  # as it was typed
    words: str  # what both legs rank by
    phrases: tuple[str, ...] = ()  # every document holds each, its words next to one another
    excluded: tuple[str, ...] = ()  # no document holds any: words, or phrases
    filters: tuple[Filter, ...] = ()
    parts: tuple[PlanPart, ...] = ()  # in the order of the text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """The words of the documents that someone may see, and of no others."""

    words: Mapping[str, int]  # in lower case, and how many documents hold each
    abbreviations: tuple[tuple[str, str], ...] = ()  # (short, long), those that most documents explain first
    fields: frozenset[str] = frozenset()  # names of their metadata, in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as a store sees it. `principals` has no default: no principal, no hit.

    Phrases and what is excluded are conditions on whole documents. Words count by their stems, and stop words are
    passed over, as in ranking.
    """

    text: str
    principals: frozenset[str]
    top_k: int = 100
    collections: tuple[str, ...] = ()  # empty: every collection of this store
    filters: tuple[Filter, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage in a ranking. `score` is the retriever's own and never leaves the service."""

    passage: Passage
    rank: int  # from 1
    score: float
    retriever: str  # "lexical", "dense", "fused", "reranked"


Ranking = tuple[Hit, ...]
"""One ranking is one query by one retriever, best first."""


FacetField = Literal["source", "media_type", "updated_at", "language", "updated_month"]
Sort = Literal["relevance", "newest", "oldest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    field: FacetField
    counts: tuple[tuple[str, int], ...]  # value and number of documents, most frequent first; dates by year, or month


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSet:
    """What a search found as a set of documents: totals and facets are counts over these, and nothing else."""

    total: int
    facets: tuple[Facet, ...]
