"""The nouns of Groundsel: frozen values that every other file speaks in; this file imports nothing of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Unit-length float32 rows, shape (texts, dimensions); one query is shape (1, dimensions)."""

PUBLIC: Final = "groundsel:public"
"""The principal of documents that anyone may read. An asker holds it once let in; nobody holds it by default."""

# ---------------------------------------------------------------- documents

BlockKind = Literal["heading", "paragraph", "list", "table", "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A structural piece of a document's text, `text[start:end]`; blocks are in order and do not overlap."""

    kind: BlockKind
    start: int  # code points into Document.text
    end: int
    level: int = 0  # of a heading, from 1
    page: int | None = None  # from 1, where the format has pages (pdf, pptx, xlsx sheets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a connector yields once parsed: the whole text, its structure and who may read it."""

    doc_id: str  # collection/<hash of source and native id>: stable for as long as the source names it so
    collection: str
    source: str  # the configured source it came from, as shown to people: "files"
    uri: str
    title: str
    text: str
    media_type: str  # the short word shown as a facet: "pdf", "md", "eml"
    language: str  # ISO 639-1, or "und"
    version: int  # per-source counter, never a clock (rule R1)
    updated_at: datetime | None  # timezone-aware
    allowed: frozenset[str]  # principals; empty means nobody
    denied: frozenset[str] = frozenset()  # wins over allowed
    blocks: tuple[Block, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document, `document.text[start:end] == text`; carries what a result shows of its document."""

    passage_id: str  # doc_id#ordinal
    doc_id: str
    ordinal: int  # from 0, in reading order
    start: int  # code points into Document.text
    end: int
    text: str
    headings: tuple[str, ...]  # the path to it, outermost first
    page: int | None
    title: str
    uri: str
    collection: str
    source: str
    media_type: str
    language: str
    updated_at: datetime | None
    version: int
    allowed: frozenset[str]
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedDocument:
    """A document with its passages and their vectors: what a store takes, whole."""

    document: Document
    passages: tuple[Passage, ...]
    vectors: Vectors  # shape (len(passages), dimensions)


# ---------------------------------------------------------------- queries and rankings

FilterField = Literal["source", "media_type", "updated_at", "language"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition on a document: `in`/`not_in` look at `values`, `range` at `gte`/`lte`, `exists` at neither."""

    field: FilterField
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader finds in a passage: the words that answer, and how sure it is that they do."""

    start: int  # code points into the passage
    end: int
    answerable: float  # probability that the passage answers the question, 0..1
    confidence: float  # probability of these words among all that the passage could answer with, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What evidence says of a claim: three probabilities that sum to one."""

    supported: float
    contradicted: float
    neither: float


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


# ---------------------------------------------------------------- results

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
    warnings: tuple[str, ...] = ()


CompletionKind = Literal["query", "title", "heading", "phrase"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What completes a text: a title, a heading or a phrase of a visible document, or what others have asked."""

    text: str
    kind: CompletionKind
    folded: str  # the text without case and accents
    doc_id: str = ""  # of a title


# ---------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one side of a conversation said."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """A question to be answered from the best `top_k` passages of a search."""

    text: str
    principals: frozenset[str]
    collections: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    undone: frozenset[str] = frozenset()
    top_k: int = 5
    max_tokens: int | None = None  # of a generated answer; None: as configured
    history: tuple[Turn, ...] = ()  # what was said before, oldest first; only its end is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRequest:
    """What to summarise: exactly one of documents, the results of a search, and all that is about a subject."""

    principals: frozenset[str]
    doc_ids: tuple[str, ...] = ()
    text: str = ""  # a search, whose best documents are summarised together
    subject: str = ""  # a customer, case or project: a dossier on it
    thread: bool = False  # of a mail that is named: with those it answers and that answer it
    after: int = 0  # sentences told before, of a summary that broke off: they are not told again
    collections: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()


Status = Literal["answered", "partial", "not_in_documents", "conflicting", "skipped"]
Method = Literal["generated", "extractive", "none"]
Reason = Literal["busy", "deadline", "model_unavailable", "ungrounded", "conversation"]
"""`conversation`: no document was asked for, as in a greeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a sentence stands: `quote` is exactly the stored text of the document at [start:end]."""

    marker: int  # the number printed in the answer, from 1
    passage_id: str
    doc_id: str
    uri: str
    title: str
    quote: str
    start: int  # code points into Document.text
    end: int
    page: int | None
    version: int
    state: Literal["current", "changed", "gone"]
    text_span: tuple[int, int]  # where the marker stands in the answer's text
    answer_span: tuple[int, int] | None = None  # within `quote`: the words that answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsFound:
    """First event of every answer: what the search found, before any model runs."""

    results: SearchResults
    rewritten: str = ""  # the question as it was understood, where that is not as it was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A numbered source that the sentences to come may cite."""

    marker: int
    passage: Passage


SectionKind = Literal["facts", "open", "contradictions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionBegun:
    """A part of a dossier begins; the sentences that follow belong to it."""

    kind: SectionKind
    start: int  # code points into the answer's text


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A whole checked sentence with its markers, and the space that parts it from the one before."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Last event of an answer that ended as it should."""

    status: Status
    method: Method
    reason: Reason | None
    usage: Usage
    took_ms: Mapping[str, float]  # results, first_sentence, done: since the request was taken
    message: str = (
        ""  # ours, in the asker's language, where the documents say nothing; it states nothing about the world
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Last event of an answer that broke: after the first byte there is no status code any more."""

    code: str  # the error's class name
    detail: str


AnswerEvent = ResultsFound | Source | SectionBegun | TextDelta | Citation | Finish | Failure
"""The whole alphabet of an answer. Order: ResultsFound, Source*, (SectionBegun?, TextDelta, Citation+)*, then Finish or
Failure."""
