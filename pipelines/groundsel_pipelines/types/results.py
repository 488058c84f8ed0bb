"""What someone asks of the searcher, and the page of results that comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from groundsel_pipelines.types.documents import Passage
from groundsel_pipelines.types.queries import Facet, FacetField, Filter, QueryPlan, Ranking, Sort

Mode = Literal["hybrid", "lexical", "dense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What someone asks of the searcher; `offset` and `limit` count documents."""

    text: str
    principals: frozenset[str]
    mode: Mode = "hybrid"
    collections: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    facets: tuple[FacetField, ...] = ()
    sort: Sort = "relevance"  # by date: what matches the words, and nothing by meaning
    collapse: bool = False  # show documents that say nearly the same as one
    undone: frozenset[str] = frozenset()  # parts of the plan, by their ids, that are to be taken as mere words
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarRequest:
    """Asks for documents that speak of the same as one does."""

    doc_id: str
    principals: frozenset[str]
    collections: tuple[str, ...] = ()
    limit: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A document, shown by its best passage. `score` is the fused one, scaled to 0..1 within its list."""

    passage: Passage
    rank: int  # from 1, over all pages
    score: float
    snippets: tuple[str, ...]  # plain text but for <em> around matches; everything else is HTML-escaped
    ranks: Mapping[str, int]  # rank in each leg that found it, from 1: {"lexical": 1, "dense": 3}
    duplicates: tuple[str, ...] = ()  # doc_ids of documents further down that say nearly the same


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """One page of results, and the counts of the whole set they come from."""

    results: tuple[Result, ...]
    total: int
    total_is_exact: bool  # False: at least `total` (the dense window was full)
    facets: tuple[Facet, ...]
    mode: Mode
    degraded: tuple[str, ...]  # stages that failed or were out of time: "dense", "rerank"
    took_ms: Mapping[str, float]  # by stage: embed, lexical, dense, fuse, highlight, count, total
    as_of: Mapping[str, datetime]  # last completed sync, by source
    plan: QueryPlan
    hits: Ranking = ()  # the fused passages behind the results: what an answer is made from
    worded: bool = True  # False: no visible document holds any of the words, so these are the nearest in meaning only


CompletionKind = Literal["query", "title", "heading", "phrase"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What completes a text: a title, a heading or a phrase of a visible document, or what others have asked."""

    text: str
    kind: CompletionKind
    folded: str  # the text without case and accents
    doc_id: str = ""  # of a title
