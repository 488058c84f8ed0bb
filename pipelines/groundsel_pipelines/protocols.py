"""What Groundsel asks of its parts. Compute is sync and called in a worker thread; I/O is async."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from groundsel_pipelines.types import (
    Document,
    FacetField,
    IndexedDocument,
    MatchSet,
    Query,
    Ranking,
    Reading,
    Suggestion,
    Vectors,
    Verdict,
    Vocabulary,
)

Given_co = TypeVar("Given_co", covariant=True)


class TokenCounter(Protocol):
    """Counts and cuts in one model's own tokens."""

    def count(self, text: str) -> int: ...

    def cut(self, text: str, max_tokens: int) -> str:
        """Give the longest prefix of `text` that is at most `max_tokens` long."""
        ...


class Embedder(Protocol):
    """Turns text to vectors; queries and passages have calls of their own, as many models prefix them differently."""

    model_id: str  # name and content hash: vectors of different ids are never mixed
    dimensions: int
    max_tokens: int  # of one passage, special tokens counted
    languages: frozenset[str]  # ISO 639-1, that it was trained on; empty where it says none, or reads many
    tokens: TokenCounter

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Give unit-length float32 vectors, shape (len(texts), dimensions), in the order of `texts`."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """Give one unit-length float32 vector, shape (1, dimensions)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a language model is told; the model puts it into its own chat template, a tuned one reads `user` alone."""

    system: str
    user: str


class LanguageModel(Protocol):
    """A small decoder: greedy, bounded, called by several threads at a time."""

    model_id: str
    tuned: bool  # to a role, whose form of prompt it reads and whose form of answer it writes
    context_tokens: int
    languages: frozenset[str]  # ISO 639-1, that it writes; empty where it writes any

    @property
    def tokens(self) -> TokenCounter: ...

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        """Yield the answer in pieces as they are decoded; closing the generator stops the model at the next token."""
        ...


class Reranker(Protocol):
    """Scores passages by reading question and passage together; `searching.reranking` orders by that, in time."""

    model_id: str

    def score(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """Give a relevance a text; only their order and distances mean something."""
        ...


class Reader(Protocol):
    """Finds the words of a passage that answer a question, and says whether it answers at all."""

    model_id: str

    def read(self, question: str, passages: Sequence[str]) -> tuple[Reading, ...]:
        """Give one reading a passage, in their order; an empty passage has an empty answer."""
        ...


class Verifier(Protocol):
    """Says whether evidence supports a claim, contradicts it or does neither."""

    model_id: str

    def verify(self, claim: str, evidence: Sequence[str]) -> tuple[Verdict, ...]:
        """Give one verdict a text of evidence, in their order."""
        ...


class ModelOf(Protocol[Given_co]):
    """Chooses the model of one role for texts of a collection and language (ISO 639-1, or "und"); None where none is.

    It may open one: called in a worker thread.
    """

    def __call__(self, collection: str, language: str, /) -> Given_co | None: ...


def no_model(_collection: str, _language: str, /) -> None:
    """Choose none, whatever is asked."""


class Fusion(Protocol):
    """Makes one ranking of several; the same over every store."""

    def __call__(self, rankings: Sequence[Ranking], /) -> Ranking: ...


class WeightedFusion(Protocol):
    """What an entry point of `groundsel.fusions` names: `weight` is the first ranking's share, 0..1."""

    def __call__(self, rankings: Sequence[Ranking], /, *, weight: float = 0.5) -> Ranking: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatistics:
    """What a store holds, for `groundsel doctor`: counts over everything, so never shown to an asker."""

    documents: int
    passages: int
    bytes_on_disk: int
    embedding_model: str  # the Embedder.model_id its vectors come from; "" while it is empty
    dimensions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BothLegs:
    """The two rankings of one query; a leg that failed or was late is its error."""

    lexical: Ranking | Exception
    dense: Ranking | Exception
    took_ms: Mapping[str, float]


class Store(Protocol):
    """Holds documents whole, with their passages and vectors, and finds them for those who may see them.

    Both searches filter by `query.principals` inside the store: a document is visible when it allows one of them
    and denies none. A query without principals finds nothing.
    """

    async def prepare(self) -> None:
        """Create what is missing or verify what is there; never alter it in place.

        Raises:
            InvalidInput: it was made with another embedding model, or by a newer Groundsel.
            Unavailable: another process holds it, or the disk cannot be written.

        """
        ...

    async def warm_up(self) -> None:
        """Take up what searches need, or the first one waits for it; whoever only writes spares its memory."""
        ...

    async def close(self) -> None: ...

    async def write(self, documents: Sequence[IndexedDocument]) -> None:
        """Replace each document with all its passages, atomically one by one, fenced by its version.

        An equal version is stored again (a repeat is harmless). When this returns, the documents are durable.

        Raises:
            VersionConflict: a newer version (or a newer delete) of one is stored; the others are written.
            Rejected: one can never be stored as it is; the others are written.
            Unavailable: not all could be stored for now; those that were are durable.

        """
        ...

    async def delete(self, doc_id: str, *, version: int) -> None:
        """Remove a document and remember the version for ever, so that an older write cannot bring it back."""
        ...

    async def search_lexical(self, query: Query) -> Ranking:
        """Rank passages by BM25 over title, headings and text."""
        ...

    async def search_by_date(self, query: Query, *, newest_first: bool) -> Ranking:
        """Give the documents that hold a word of `query`, by date, each by its best passage; those without one last.

        `query.top_k` counts documents here; of one date, the order is that of their ids.
        """
        ...

    async def search_dense(self, query: Query, vector: Vectors) -> Ranking:
        """Rank passages by cosine; `vector` is of shape (1, dimensions)."""
        ...

    async def search_both(self, query: Query, vector: Vectors, *, seconds: float) -> BothLegs:
        """Rank by words and by vector at once, each within `seconds`; a store behind a network is asked once.

        Raises:
            Unavailable: the store answers neither.

        """
        ...

    async def match_set(self, query: Query, *, also: frozenset[str], facets: Sequence[FacetField]) -> MatchSet:
        """Count the visible documents that match the words of `query`, together with those of `also` (doc_ids)."""
        ...

    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        """Give the document, or None when it is unknown or not visible: the two are not told apart."""
        ...

    async def locate(self, name: str, *, principals: frozenset[str]) -> tuple[str, ...]:
        """Give the doc_ids of the visible documents whose uri is `name` or ends with `/name`."""
        ...

    async def suggest(self, prefix: str, *, principals: frozenset[str], limit: int) -> tuple[Suggestion, ...]:
        """Give visible titles, headings and phrases in which a word begins with `prefix`, without case and accents."""
        ...

    async def vocabulary(self, *, principals: frozenset[str], collections: tuple[str, ...] = ()) -> Vocabulary:
        """Give the words of all visible documents; it may be a few seconds old, and is the same object meanwhile."""
        ...

    async def versions(self, collection: str, source: str) -> Mapping[str, int]:
        """Give the stored version by doc_id of one source, for the read-back of a sync."""
        ...

    async def record_sync(self, collection: str, source: str, at: datetime) -> None: ...

    async def as_of(self) -> Mapping[str, datetime]:
        """Give the time of the last completed sync by source."""
        ...

    async def statistics(self) -> StoreStatistics: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a store of several machines answers, and how one signs in; never shown whole, as it holds secrets."""

    hosts: tuple[str, ...] = ()  # http(s)://HOST:PORT
    cloud_id: str = ""
    api_key: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    prefix: str = "groundsel"  # of the names of all its indices
    timeout: float = 30.0  # seconds, of one request
    shards: int = 1  # of an index made from now on
    replicas: str = "auto"  # of each of them: a number, or one wherever there is a second node


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlace:
    """Where a store lives: in a folder of this machine, or in a cluster. Each store takes what it needs."""

    folder: Path
    cluster: Cluster = Cluster()


class StoreFactory(Protocol):
    """What an entry point of `groundsel.stores` names."""

    def __call__(self, place: StorePlace, *, embedding_model: str, dimensions: int) -> Store: ...
