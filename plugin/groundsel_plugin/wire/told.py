"""What we send: the nouns of the core as bodies; scores of retrievers, principals and vectors never leave."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from groundsel_pipelines.linking import deep_link
from groundsel_pipelines.types import (
    Block,
    Citation,
    CompletionKind,
    Document,
    Facet,
    Method,
    Mode,
    PartKind,
    Passage,
    PlanPart,
    QueryPlan,
    Reason,
    Result,
    SearchResults,
    SectionKind,
    Source,
    Status,
    Suggestion,
    Usage,
)
from groundsel_plugin.wire.asked import SearchBody

Warned = Literal["words_not_found"]
"""What an asker should know of results that are whole: no document holds any of the words, so these are only near."""


class Told(BaseModel):
    """Every field is always there, unless it says otherwise."""

    model_config = ConfigDict(extra="forbid")


class TotalBody(Told):
    value: int
    relation: Literal["eq", "gte"]

    @classmethod
    def of(cls, found: SearchResults) -> Self:
        return cls(value=found.total, relation="eq" if found.total_is_exact else "gte")


class ExplainBody(Told):
    bm25_rank: int | None
    knn_rank: int | None
    fused_rank: int | None  # before a reranker, where one has ordered the results anew


class FieldsBody(Told):
    """What can be filtered and counted by, and the page where there are pages."""

    source: str
    media_type: str
    language: str
    updated_at: datetime | None
    page: int | None

    @classmethod
    def of(cls, passage: Passage) -> Self:
        return cls(
            source=passage.source,
            media_type=passage.media_type,
            language=passage.language,
            updated_at=passage.updated_at,
            page=passage.page,
        )


class ResultBody(Told):
    id: str
    passage_id: str
    title: str
    url: str
    start: int  # of the passage, in code points into the document's body
    end: int
    snippets: list[str]
    score: float
    fields: FieldsBody
    version: int
    link: str  # opens the document at the passage, where its kind of file knows such places
    duplicates: list[str]  # ids of documents that say nearly the same, with `collapse`
    explain: ExplainBody | None = None

    @classmethod
    def of(cls, result: Result, *, highlight: bool = True, explain: bool = False) -> Self:
        passage = result.passage
        ranks = ExplainBody(
            bm25_rank=result.ranks.get("lexical"),
            knn_rank=result.ranks.get("dense"),
            fused_rank=result.ranks.get("fused"),
        )
        return cls(
            id=passage.doc_id,
            passage_id=passage.passage_id,
            title=passage.title,
            url=passage.uri,
            start=passage.start,
            end=passage.end,
            snippets=list(result.snippets) if highlight else [],
            score=round(result.score, 6),
            fields=FieldsBody.of(passage),
            version=passage.version,
            link=deep_link(passage.uri, media_type=passage.media_type, page=passage.page, text=passage.text),
            duplicates=list(result.duplicates),
            explain=ranks if explain else None,
        )


class FacetCountBody(Told):
    value: str
    count: int


class PlanPartBody(Told):
    """What `query[start:end]`, in code points, becomes; `undo` with its `id` takes it as mere words."""

    id: str
    kind: PartKind
    start: int
    end: int
    text: str
    becomes: str
    applied: bool

    @classmethod
    def of(cls, part: PlanPart) -> Self:
        return cls(
            id=part.part_id,
            kind=part.kind,
            start=part.start,
            end=part.end,
            text=part.text,
            becomes=part.becomes,
            applied=part.applied,
        )


class QueryPlanBody(Told):
    """What the question was understood as: the words that are ranked by, and what was read out of it."""

    words: str
    parts: list[PlanPartBody]

    @classmethod
    def of(cls, plan: QueryPlan) -> Self:
        return cls(words=plan.words, parts=[PlanPartBody.of(part) for part in plan.parts])


class SearchAnswerBody(Told):
    request_id: str
    took_ms: int
    mode: Mode
    degraded: list[str]
    total: TotalBody
    results: list[ResultBody]
    facets: dict[str, list[FacetCountBody]]
    as_of: dict[str, datetime]
    query_plan: QueryPlanBody
    warnings: list[Warned]
    stages_ms: dict[str, float] | None = None

    @classmethod
    def of(cls, found: SearchResults, body: SearchBody, request_id: str) -> Self:
        sizes = {facet.to_core(): facet.size for facet in body.facets}
        return cls(
            request_id=request_id,
            took_ms=round(found.took_ms.get("total", 0)),
            mode=found.mode,
            degraded=list(found.degraded),
            total=TotalBody.of(found),
            results=[ResultBody.of(result, highlight=body.highlight, explain=body.explain) for result in found.results],
            facets={
                ("updated_at" if facet.field == "updated_month" else facet.field): [
                    FacetCountBody(value=value, count=count) for value, count in counts_of(facet, sizes[facet.field])
                ]
                for facet in found.facets
            },
            as_of=dict(found.as_of),
            query_plan=QueryPlanBody.of(found.plan),
            warnings=[] if found.worded or not found.results else ["words_not_found"],
            stages_ms={stage: round(took, 3) for stage, took in found.took_ms.items()} if body.explain else None,
        )


def counts_of(facet: Facet, size: int) -> list[tuple[str, int]]:
    """Give the most frequent values; months are the latest, in the order of time: the bars of a histogram."""
    if facet.field == "updated_month":
        return sorted(facet.counts)[-size:]
    return list(facet.counts[:size])


class SourceBody(Told):
    """A numbered source, before the sentences that cite it."""

    n: int
    id: str
    passage_id: str
    title: str
    url: str
    fields: FieldsBody
    version: int

    @classmethod
    def of(cls, source: Source) -> Self:
        passage = source.passage
        return cls(
            n=source.marker,
            id=passage.doc_id,
            passage_id=passage.passage_id,
            title=passage.title,
            url=passage.uri,
            fields=FieldsBody.of(passage),
            version=passage.version,
        )


class CitationBody(Told):
    """`quote` is the document's text at [start:end]; `text_span` is where the marker stands in the answer."""

    n: int
    id: str
    passage_id: str
    title: str
    url: str
    quote: str
    start: int
    end: int
    page: int | None
    version: int
    state: Literal["current", "changed", "gone"]
    text_span: tuple[int, int]
    answer_span: tuple[int, int] | None

    @classmethod
    def of(cls, citation: Citation) -> Self:
        return cls(
            n=citation.marker,
            id=citation.doc_id,
            passage_id=citation.passage_id,
            title=citation.title,
            url=citation.uri,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            page=citation.page,
            version=citation.version,
            state=citation.state,
            text_span=citation.text_span,
            answer_span=citation.answer_span,
        )


class UsageBody(Told):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, counted: Usage) -> Self:
        total = counted.prompt_tokens + counted.completion_tokens
        return cls(prompt_tokens=counted.prompt_tokens, completion_tokens=counted.completion_tokens, total_tokens=total)


class SectionBody(Told):
    """A part of a dossier: from `start` in the text, in code points, to the next one."""

    kind: SectionKind
    start: int


class AnswerAnswerBody(Told):
    request_id: str
    status: Status
    method: Method
    reason: Reason | None
    message: str | None  # ours, in the asker's language, where there is no text
    rewritten: str | None  # the question as it was understood, where that is not as it was asked
    text: str
    sections: list[SectionBody]
    sources: list[SourceBody]
    citations: list[CitationBody]
    results: list[ResultBody]
    usage: UsageBody
    took_ms: dict[str, float]


class BlockBody(Told):
    kind: Literal["heading", "paragraph", "list", "table", "code"]
    start: int
    end: int
    level: int
    page: int | None

    @classmethod
    def of(cls, block: Block) -> Self:
        return cls(kind=block.kind, start=block.start, end=block.end, level=block.level, page=block.page)


class DocumentBody(Told):
    """A document as it is stored; offsets of citations and blocks are code points into `body`."""

    id: str
    title: str
    body: str
    url: str
    source: str
    media_type: str
    language: str
    updated_at: datetime | None
    version: int
    blocks: list[BlockBody]

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(
            id=document.doc_id,
            title=document.title,
            body=document.text,
            url=document.uri,
            source=document.source,
            media_type=document.media_type,
            language=document.language,
            updated_at=document.updated_at,
            version=document.version,
            blocks=[BlockBody.of(block) for block in document.blocks],
        )


class PutBody(Told):
    id: str
    version: int
    passages: int


class SuggestionBody(Told):
    text: str
    kind: CompletionKind
    id: str | None  # of a title's document

    @classmethod
    def of(cls, suggestion: Suggestion) -> Self:
        return cls(text=suggestion.text, kind=suggestion.kind, id=suggestion.doc_id or None)


class AutocompleteBody(Told):
    request_id: str
    suggestions: list[SuggestionBody]


class FeedbackAcceptedBody(Told):
    accepted: bool


class CheckBody(Told):
    status: Literal["ok", "unavailable"]
    latency_ms: float | None = None


class HealthBody(Told):
    status: Literal["ok", "unavailable"]
    checks: dict[str, CheckBody] = {}
