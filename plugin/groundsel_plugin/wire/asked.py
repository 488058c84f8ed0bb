"""What is sent to us: bodies become the requests of the core; unknown fields and wrong kinds are refused."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from groundsel_pipelines.types import (
    METADATA,
    YEAR,
    AnswerRequest,
    Document,
    FacetField,
    Filter,
    FilterField,
    Mode,
    SearchRequest,
    SimilarRequest,
    SummaryRequest,
    Turn,
)

TITLE_CHARACTERS = 80  # of a document without a title: the beginning of its text
MOST_RESULTS = 1000  # that pages may walk through


def date_or_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("not a date; write it as 2026-01-31") from None
    return text


FIELD_PATTERN = rf"^({'|'.join(get_args(FilterField))}|{re.escape(METADATA)}.{{1,100}})$"


def known_field(text: str) -> str:
    if not re.fullmatch(FIELD_PATTERN, text):
        raise ValueError(f"not a field; one of {', '.join(get_args(FilterField))}, or {METADATA}NAME")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Names = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(max_length=100)]
Moment = Annotated[
    str,
    AfterValidator(date_or_time),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]


class Asked(BaseModel):
    """Unknown fields are refused, and a number is not a string."""

    model_config = ConfigDict(extra="forbid", strict=True)


FilteredField = Annotated[
    str,
    AfterValidator(known_field),
    WithJsonSchema({"type": "string", "pattern": FIELD_PATTERN}),
]
"""A field of every document, or one that documents have of their own: found by its whole value or a word of it."""

FILTER_RULES: JsonDict = {
    "oneOf": [
        {
            "properties": {"op": {"enum": ["in", "not_in"]}, "values": {"minItems": 1}},
            "required": ["values"],
            "anyOf": [
                {"properties": {"field": {"not": {"const": "updated_at"}}}},
                {"properties": {"values": {"items": {"type": "string", "pattern": f"^{YEAR}$"}}}},
            ],
        },
        {
            "properties": {"op": {"const": "range"}, "field": {"const": "updated_at"}},
            "required": ["op"],
            "anyOf": [
                {"required": ["gte"], "properties": {"gte": {"type": "string"}}},
                {"required": ["lte"], "properties": {"lte": {"type": "string"}}},
            ],
        },
        {"properties": {"op": {"const": "exists"}}, "required": ["op"]},
    ]
}


class FilterBody(Asked):
    """A condition on the documents: `in` and `not_in` take `values`, `range` takes `gte`, `lte` or both."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=FILTER_RULES)

    field: FilteredField
    op: Literal["in", "not_in", "range", "exists"] = "in"
    values: Names = []
    gte: Moment | None = None  # ISO 8601, inclusive
    lte: Moment | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.op in {"in", "not_in"} and not self.values:
            raise ValueError(f"{self.op} needs values")
        if self.field == "updated_at" and not all(re.fullmatch(YEAR, value) for value in self.values):
            raise ValueError(f"of updated_at, {self.op} compares years, such as 2025; range takes dates")
        if self.op == "range" and self.gte is None and self.lte is None:
            raise ValueError("range needs gte, lte or both")
        if self.op == "range" and self.field != "updated_at":
            raise ValueError("range is for updated_at; other fields take in, not_in and exists")
        return self

    def to_core(self) -> Filter:
        return Filter(field=self.field, op=self.op, values=tuple(self.values), gte=self.gte, lte=self.lte)


class FacetBody(Asked):
    """Counts by the values of a field; of `updated_at` by `interval`, months in the order of time."""

    field: FilterField
    size: Annotated[int, Field(ge=1, le=1000)] = 10
    interval: Literal["year", "month"] | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.interval and self.field != "updated_at":
            raise ValueError("interval is for updated_at")
        return self

    def to_core(self) -> FacetField:
        return "updated_month" if self.interval == "month" else self.field


class SortBody(Asked):
    field: Literal["updated_at"]
    order: Literal["asc", "desc"] = "desc"


Undone = Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z]+:\d{1,4}$")]], Field(max_length=100)]
"""Parts of a `query_plan`, by their `id`, that are to be taken as mere words."""


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
    sort: Annotated[list[SortBody], Field(max_length=1)] = []  # none: by relevance; by date: lexical matches only
    log: bool = True  # false: keep this question out of the query log
    collapse: bool = False  # documents that say nearly the same are shown as one
    undo: Undone = []

    @model_validator(mode="after")
    def each_facet_once(self) -> Self:
        if len({facet.field for facet in self.facets}) < len(self.facets):
            raise ValueError("a field is counted once")
        return self

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
            facets=tuple(facet.to_core() for facet in self.facets),
            sort="relevance" if not self.sort else "newest" if self.sort[0].order == "desc" else "oldest",
            collapse=self.collapse,
            undone=frozenset(self.undo),
            offset=self.offset,
            limit=self.limit,
        )


class TurnBody(Asked):
    """What one side of a conversation said."""

    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(min_length=1, max_length=8000)]


class AnswerBody(Asked):
    """A question; with what was said before it in `history`, oldest first, a follow-up question is understood."""

    query: Text
    history: Annotated[list[TurnBody], Field(max_length=20)] = []
    collections: Names = []
    filters: Annotated[list[FilterBody], Field(max_length=20)] = []
    top_k: Annotated[int, Field(ge=1, le=20)] = 5
    max_tokens: Annotated[int, Field(ge=8, le=1024)] | None = None
    undo: Undone = []
    log: bool = True  # false: keep this question out of the query log
    stream: bool = False

    def to_core(self, principals: frozenset[str]) -> AnswerRequest:
        return AnswerRequest(
            text=self.query,
            principals=principals,
            collections=tuple(self.collections),
            filters=tuple(each.to_core() for each in self.filters),
            top_k=self.top_k,
            undone=frozenset(self.undo),
            max_tokens=self.max_tokens,
            history=tuple(Turn(role=turn.role, text=turn.content) for turn in self.history),
        )


class SimilarBody(Asked):
    id: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    collections: Names = []
    limit: Annotated[int, Field(ge=1, le=100)] = 10

    def to_core(self, principals: frozenset[str]) -> SimilarRequest:
        return SimilarRequest(
            doc_id=self.id, principals=principals, collections=tuple(self.collections), limit=self.limit
        )


class FeedbackBody(Asked):
    """What came of a search: a result was opened, or judged."""

    request_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,32}$")]
    kind: Literal["click", "up", "down", "flag"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    rank: Annotated[int, Field(ge=0, le=MOST_RESULTS)] = 0


def one_of(*names: str) -> JsonDict:
    """Describe that exactly one of the fields is given, and that it is not empty."""
    given: dict[str, JsonDict] = {
        name: {"type": "array", "minItems": 1} if name == "ids" else {"type": "string"} for name in names
    }
    return {"oneOf": [{"required": [name], "properties": {name: given[name]}} for name in names]}


class SummarizeBody(Asked):
    """Exactly one of `ids`, `query` and `subject`; a subject (a customer, case or project) gives a dossier on it.

    `thread` adds the mails that a mail answers or is answered by. `after` is for a stream that broke off: how many
    sentences came, which are not told again.
    """

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=one_of("ids", "query", "subject"))

    ids: Annotated[Names, Field(max_length=10)] = []
    query: Text | None = None
    subject: Text | None = None
    thread: bool = False
    after: Annotated[int, Field(ge=0, le=1000)] = 0
    collections: Names = []
    filters: Annotated[list[FilterBody], Field(max_length=20)] = []
    stream: bool = False

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if sum(map(bool, (self.ids, self.query, self.subject))) != 1:
            raise ValueError("exactly one of ids, query and subject is needed")
        return self

    def to_core(self, principals: frozenset[str]) -> SummaryRequest:
        return SummaryRequest(
            principals=principals,
            doc_ids=tuple(self.ids),
            text=self.query or "",
            subject=self.subject or "",
            thread=self.thread,
            after=self.after,
            collections=tuple(self.collections),
            filters=tuple(each.to_core() for each in self.filters),
        )


class DocumentPutBody(Asked):
    """A document as its sender has it; `version` is the sender's own counter, and an older one is refused."""

    title: Annotated[str, StringConstraints(max_length=1000)] = ""
    body: Annotated[str, StringConstraints(min_length=1)]
    url: Annotated[str, StringConstraints(max_length=4000)] = ""
    fields: Annotated[dict[str, str], Field(max_length=100)] = {}
    access: Names  # who may read it; an empty list is nobody
    denied: Names = []  # goes before access
    version: Annotated[int, Field(ge=1, le=2**62)]
    updated_at: Moment | None = None

    def to_core(self, doc_id: str, *, collection: str) -> Document:
        """Give the document; its source and language are told when it is taken in."""
        updated_at = datetime.fromisoformat(self.updated_at) if self.updated_at else None
        return Document(
            doc_id=doc_id,
            collection=collection,
            source="",
            uri=self.url,
            title=self.title or self.body[:TITLE_CHARACTERS],
            text=self.body,
            media_type="txt",
            language="",
            version=self.version,
            updated_at=updated_at.replace(tzinfo=UTC) if updated_at and updated_at.tzinfo is None else updated_at,
            allowed=frozenset(self.access),
            denied=frozenset(self.denied),
            metadata=self.fields,
        )
