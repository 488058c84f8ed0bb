"""Answers and summaries: what is asked for, what models find, and the events that an answer is told in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from groundsel_pipelines.types.documents import Passage
from groundsel_pipelines.types.queries import Filter
from groundsel_pipelines.types.results import SearchResults


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
