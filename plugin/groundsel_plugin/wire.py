"""The bodies of the REST API: only here do the nouns of the core become JSON, and JSON become them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from groundsel_pipelines.types import (
    AnswerRequest,
    Block,
    Citation,
    Document,
    Filter,
    FilterField,
    Mode,
    Passage,
    Result,
    SearchRequest,
    SearchResults,
    Suggestion,
    SummaryRequest,
)

MOST_RESULTS = 1000  # that pages may walk through

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Names = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(max_length=100)]


class Asked(BaseModel):
    """What is sent to us: unknown fields are refused, and a number is not a string."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """What we send."""

    model_config = ConfigDict(extra="forbid")


# ---------------------------------------------------------------- asked


class FilterBody(Asked):
    """A condition on the documents: `in`, `not_in` take `values`, `range` takes `gte` and `lte`."""

    field: FilterField
    op: Literal["in", "not_in", "range", "exists"] = "in"
    values: Names = []
    gte: str | None = None
    lte: str | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.op in {"in", "not_in"} and not self.values:
            raise ValueError(f"{self.op} needs values")
        if self.op == "range" and self.gte is None and self.lte is None:
            raise ValueError("range needs gte, lte or both")
        return self

    def to_core(self) -> Filter:
        return Filter(field=self.field, op=self.op, values=tuple(self.values), gte=self.gte, lte=self.lte)


class FacetBody(Asked):
    field: FilterField
    size: Annotated[int, Field(ge=1, le=100)] = 10


class SearchBody(Asked):
    query: Text
    collections: Names = []
    mode: Mode = "hybrid"
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    offset: Annotated[int, Field(ge=0)] = 0
    highlight: bool = True
    explain: bool = False
    filters: Annotated[list[FilterBody], Field(max_length=20)] = []
    facets: Annotated[list[FacetBody], Field(max_length=10)] = []

    @model_validator(mode="after")
    def within_reach(self) -> Self:
        if self.offset + self.limit > MOST_RESULTS:
            raise ValueError(f"offset + limit is at most {MOST_RESULTS}")
        return self

    def to_core(self, principals: frozenset[str]) -> SearchRequest:
        return SearchRequest(
            text=self.query,
            principals=principals,
            mode=self.mode,
            collections=tuple(self.collections),
            filters=tuple(each.to_core() for each in self.filters),
            facets=tuple(facet.field for facet in self.facets),
            offset=self.offset,
            limit=self.limit,
        )


class AnswerBody(Asked):
    query: Text
    collections: Names = []
    filters: Annotated[list[FilterBody], Field(max_length=20)] = []
    top_k: Annotated[int, Field(ge=1, le=20)] = 5
    max_tokens: Annotated[int, Field(ge=8, le=1024)] | None = None
    stream: bool = False

    def to_core(self, principals: frozenset[str]) -> AnswerRequest:
        return AnswerRequest(
            text=self.query,
            principals=principals,
            collections=tuple(self.collections),
            filters=tuple(each.to_core() for each in self.filters),
            top_k=self.top_k,
            max_tokens=self.max_tokens,
        )


class SummarizeBody(Asked):
    """Exactly one of `ids` and `query`."""

    ids: Annotated[Names, Field(max_length=10)] = []
    query: Text | None = None
    collections: Names = []
    filters: Annotated[list[FilterBody], Field(max_length=20)] = []
    stream: bool = False

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        if bool(self.ids) == bool(self.query):
            raise ValueError("exactly one of ids and query is needed")
        return self

    def to_core(self, principals: frozenset[str]) -> SummaryRequest:
        return SummaryRequest(
            principals=principals,
            doc_ids=tuple(self.ids),
            text=self.query or "",
            collections=tuple(self.collections),
            filters=tuple(each.to_core() for each in self.filters),
        )


# ---------------------------------------------------------------- told


class TotalBody(Told):
    value: int
    relation: Literal["eq", "gte"]

    @classmethod
    def of(cls, found: SearchResults) -> Self:
        return cls(value=found.total, relation="eq" if found.total_is_exact else "gte")


class ExplainBody(Told):
    bm25_rank: int | None
    knn_rank: int | None


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
    explain: ExplainBody | None = None

    @classmethod
    def of(cls, result: Result, *, highlight: bool = True, explain: bool = False) -> Self:
        passage = result.passage
        ranks = ExplainBody(bm25_rank=result.ranks.get("lexical"), knn_rank=result.ranks.get("dense"))
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
            explain=ranks if explain else None,
        )


class FacetCountBody(Told):
    value: str
    count: int


class SearchAnswerBody(Told):
    request_id: str
    took_ms: int
    mode: Mode
    degraded: list[str]
    total: TotalBody
    results: list[ResultBody]
    facets: dict[str, list[FacetCountBody]]
    as_of: dict[str, datetime]
    warnings: list[str]
    stages_ms: dict[str, float] | None = None

    @classmethod
    def of(cls, found: SearchResults, body: SearchBody, request_id: str) -> Self:
        sizes = {facet.field: facet.size for facet in body.facets}
        return cls(
            request_id=request_id,
            took_ms=round(found.took_ms.get("total", 0)),
            mode=found.mode,
            degraded=list(found.degraded),
            total=TotalBody.of(found),
            results=[ResultBody.of(result, highlight=body.highlight, explain=body.explain) for result in found.results],
            facets={
                facet.field: [
                    FacetCountBody(value=value, count=count) for value, count in facet.counts[: sizes[facet.field]]
                ]
                for facet in found.facets
            },
            as_of=dict(found.as_of),
            warnings=list(found.warnings),
            stages_ms={stage: round(took, 3) for stage, took in found.took_ms.items()} if body.explain else None,
        )


class CitationBody(Told):
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


class AnswerAnswerBody(Told):
    request_id: str
    status: Literal["answered", "partial", "not_in_documents", "conflicting", "skipped"]
    method: Literal["generated", "extractive", "none"]
    reason: Literal["busy", "deadline", "model_unavailable", "ungrounded"] | None
    text: str
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


class SuggestionBody(Told):
    text: str
    kind: Literal["title"]
    id: str

    @classmethod
    def of(cls, suggestion: Suggestion) -> Self:
        return cls(text=suggestion.text, kind="title", id=suggestion.doc_id)


class AutocompleteBody(Told):
    request_id: str
    suggestions: list[SuggestionBody]


class CheckBody(Told):
    status: Literal["ok", "unavailable"]
    latency_ms: float | None = None


class HealthBody(Told):
    status: Literal["ok", "unavailable"]
    checks: dict[str, CheckBody] = {}
