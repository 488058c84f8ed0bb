"""The searcher: both legs at once, fused, checked again, cut to a page and counted, all before one deadline."""

import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from time import monotonic
from typing import Final, TypeVar

import anyio
import numpy as np
from anyio import to_thread

from groundsel_pipelines.errors import AccessDenied, InvalidInput, UnknownName
from groundsel_pipelines.protocols import Embedder, Fusion, Store
from groundsel_pipelines.searching.access import visible
from groundsel_pipelines.searching.documents import best_passages, fill
from groundsel_pipelines.searching.duplicates import collapsed
from groundsel_pipelines.searching.gist import gist
from groundsel_pipelines.searching.highlight import snippets
from groundsel_pipelines.searching.legs import Legs, run_legs
from groundsel_pipelines.searching.reranking import NO_RERANKING, Reranking
from groundsel_pipelines.types import (
    MatchSet,
    Mode,
    Query,
    QueryPlan,
    Ranking,
    Result,
    SearchRequest,
    SearchResults,
    SimilarRequest,
    Vocabulary,
)
from groundsel_pipelines.understanding import Synonyms, corrections, expansions, read, with_parts

logger = logging.getLogger(__name__)

QUESTION_CHARACTERS = 1000
LEGS_SHARE = 0.8  # of the time: the rest is for fusing, counting and highlighting

NO_SYNONYMS: Final = Synonyms({})

Given = TypeVar("Given")


@dataclass(slots=True, kw_only=True)
class Progress:
    """How one request gets on: when it must end, what took how long, what was left out."""

    deadline: float  # on anyio's clock
    took_ms: dict[str, float] = field(default_factory=dict[str, float])
    degraded: list[str] = field(default_factory=list[str])

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        began = monotonic()
        yield
        self.took_ms[name] = (monotonic() - began) * 1000

    async def attempt(self, name: str, work: Awaitable[Given], *, otherwise: Given) -> Given:
        """Await a stage that a result can do without; when it fails or is late, say so and go on."""
        try:
            with self.stage(name), anyio.fail_at(self.deadline):
                return await work
        except Exception as error:  # noqa: BLE001 - results are worth showing, whatever broke in counting them
            logger.warning("the stage %r was left out: %s", name, str(error) or type(error).__name__)
            self.degraded.append(name)
            return otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    """Searches one store. `top_k` passages are asked of each leg; `timeout` is in seconds, for a whole request."""

    store: Store
    embedder: Embedder
    fusion: Fusion
    fusions: Mapping[str, Fusion] = field(default_factory=dict[str, Fusion])  # of single collections
    top_k: int = 100
    timeout: float = 5.0
    synonyms: Synonyms = NO_SYNONYMS
    reranking: Reranking = NO_RERANKING
    today: Callable[[], date] = lambda: datetime.now(UTC).date()  # what "last week" is told from

    async def search(self, request: SearchRequest) -> SearchResults:
        """Find documents; what failed or was late is left out and named in `degraded`.

        Raises:
            AccessDenied: the request holds no principal.
            InvalidInput: the question is empty or too long, or the store cannot make sense of a filter.
            Unavailable: neither leg answered.

        """
        check(request)
        progress = Progress(deadline=anyio.current_time() + self.timeout)
        with progress.stage("total"):
            found = await self.found(request, progress)
        return replace(found, took_ms=progress.took_ms, degraded=tuple(progress.degraded))

    async def found(self, request: SearchRequest, progress: Progress) -> SearchResults:
        plan = await self.planned(request, progress)
        query = Query(
            text=plan.words,
            principals=request.principals,
            top_k=self.top_k,
            collections=request.collections,
            filters=(*request.filters, *plan.filters),
            phrases=plan.phrases,
            excluded=plan.excluded,
        )
        end = request.offset + request.limit
        if request.sort == "relevance":
            rankings = await self.ranked(query, request.mode, progress)
            if request.collections and not progress.degraded and not any(rankings.values()):
                await self.require_documents(query)
            with progress.stage("fuse"):
                hits = self.fusion_of(request)(list(rankings.values()))
            if self.reranking.serves and request.mode == "hybrid":
                hits = await self.reread(plan.words, hits, rankings, progress)
            documents = await self.reaching(end, request, query, best_passages(hits), rankings, progress)
        else:
            hits = documents = await self.by_date(request, query, progress)
            rankings = {"lexical": documents}
        dense = rankings.get("dense", ())
        counted = MatchSet(total=len(documents), facets=())
        as_of: Mapping[str, datetime] = {}
        results: tuple[Result, ...] = ()

        async def count() -> None:
            nonlocal counted, as_of
            counted = await progress.attempt("count", self.counted(request, query, dense), otherwise=counted)
            as_of = await progress.attempt("as_of", self.store.as_of(), otherwise=as_of)

        async with anyio.create_task_group() as group:  # a store behind a network counts while a page is made here
            group.start_soon(count)
            with progress.stage("highlight"):
                results = await to_thread.run_sync(page, request, documents, rankings, plan.words)
        return SearchResults(
            results=results,
            total=counted.total,
            total_is_exact=len(dense) < self.top_k and "count" not in progress.degraded,
            facets=counted.facets,
            mode=request.mode if request.sort == "relevance" else "lexical",
            degraded=(),
            took_ms={},
            as_of=of_sources(as_of, hits),
            plan=plan,
            hits=hits,
            worded=bool(rankings.get("lexical", True)),
        )

    async def ranked(self, query: Query, mode: Mode, progress: Progress) -> dict[str, Ranking]:
        """Give what each leg found and the asker may see, in the order of a fusion's weight."""
        seconds = self.timeout * LEGS_SHARE
        legs = await run_legs(self.store, self.embedder, query, mode=mode, seconds=seconds)
        progress.took_ms.update(legs.took_ms)
        progress.degraded.extend(sorted(legs.errors))
        return {name: visible(ranking, query.principals) for name, ranking in in_order(legs)}

    async def reread(self, question: str, hits: Ranking, rankings: dict[str, Ranking], progress: Progress) -> Ranking:
        """Let a reranker order the best hits anew, as far as it comes in its time; the fused order is kept to tell."""
        rereading = self.reranking.apply(question, hits)
        found, whole = await progress.attempt("rerank", rereading, otherwise=(hits, True))
        if not whole:
            progress.degraded.append("rerank")
        if found is not hits:
            rankings["fused"] = hits
        return found

    async def reaching(
        self,
        end: int,
        request: SearchRequest,
        query: Query,
        documents: Ranking,
        rankings: Mapping[str, Ranking],
        progress: Progress,
    ) -> Ranking:
        """Give the fused documents, and further ones where a page lies beyond them."""
        if len(documents) >= end or len(rankings.get("lexical", ())) < self.top_k:
            return documents
        more = fill(self.store, query, documents, wanted=end)
        return visible(await progress.attempt("pages", more, otherwise=documents), request.principals)

    async def by_date(self, request: SearchRequest, query: Query, progress: Progress) -> Ranking:
        """Give what matches the words, by date."""
        wanted = replace(query, top_k=request.offset + request.limit + self.top_k)
        with progress.stage("lexical"), anyio.fail_at(progress.deadline):
            found = await self.store.search_by_date(wanted, newest_first=request.sort == "newest")
        return visible(found, request.principals)

    async def similar(self, request: SimilarRequest) -> SearchResults:
        """Find documents that speak of the same as one: by its most frequent words and by the meaning of its beginning.

        Raises:
            UnknownName: there is no such document, or the asker may not see it: the two are not told apart.
            Unavailable: neither leg answered.

        """
        document = await self.store.read(request.doc_id, principals=request.principals)
        if document is None:
            raise UnknownName(f"there is no document {request.doc_id!r}; `groundsel search` finds documents")
        words = gist(document)
        progress = Progress(deadline=anyio.current_time() + self.timeout)
        query = Query(text=words, principals=request.principals, top_k=self.top_k, collections=request.collections)
        with progress.stage("total"):
            rankings = await self.ranked(query, "hybrid", progress)
            hits = self.fusion(list(rankings.values()))
            found = tuple(hit for hit in best_passages(hits) if hit.passage.doc_id != document.doc_id)
            others, same = collapsed(found, request.limit)
            results = shown(others, 0, request.limit, same=same, rankings=rankings, question=words)
        return SearchResults(
            results=results,
            total=len(found),
            total_is_exact=False,  # of how many documents are a little like it, there is no end
            facets=(),
            mode="hybrid",
            degraded=tuple(progress.degraded),
            took_ms=progress.took_ms,
            as_of={},
            plan=QueryPlan(text=words, words=words),
            hits=hits,
        )

    async def planned(self, request: SearchRequest, progress: Progress) -> QueryPlan:
        """Read the question, and mend and widen its words by what the asker may see; without that, as it is.

        Raises:
            InvalidInput: it has conditions only.

        """
        learning = self.store.vocabulary(principals=request.principals, collections=request.collections)
        vocabulary = await progress.attempt("understand", learning, otherwise=Vocabulary(words={}))
        plan = read(request.text, today=self.today(), undone=request.undone, fields=vocabulary.fields)
        if not plan.words:
            raise InvalidInput("there are only conditions in this question; write a word to look for as well")
        plan = with_parts(plan, corrections(plan, vocabulary), request.undone)
        return with_parts(plan, expansions(plan, vocabulary, self.synonyms), request.undone)

    async def require_documents(self, query: Query) -> None:
        """Refuse collections in which the asker may see nothing: a misspelt name must not look like nothing found.

        Raises:
            InvalidInput: there are none; one that does not exist is not told apart from one that is hidden.

        """
        anywhere = np.eye(1, self.embedder.dimensions, dtype=np.float32)  # some passage is always the nearest
        anything = Query(text=query.text, principals=query.principals, top_k=1, collections=query.collections)
        if not await self.store.search_dense(anything, anywhere):
            names = ", ".join(map(repr, query.collections))
            raise InvalidInput(
                f"there is nothing for you in the collection {names}; correct the name, or make it: "
                "groundsel ingest DIR --collection NAME"
            )

    def fusion_of(self, request: SearchRequest) -> Fusion:
        """Give the fusion of the one collection that is searched, if it has its own."""
        named = request.collections[0] if len(request.collections) == 1 else ""
        return self.fusions.get(named, self.fusion)

    async def counted(self, request: SearchRequest, query: Query, dense: Ranking) -> MatchSet:
        """Count the one set that pages walk through: what matches the words, and the dense window."""
        if request.mode == "dense" and request.sort == "relevance":
            query = replace(query, text="")  # no words: nothing but the window counts
        also = frozenset(hit.passage.doc_id for hit in dense)
        return await self.store.match_set(query, also=also, facets=request.facets)


def check(request: SearchRequest) -> None:
    """Refuse a request that nothing may or can answer."""
    if not request.principals:
        raise AccessDenied("nobody asks: a search needs the principals of its asker; sign in, or pass a token")
    if not request.text.strip():
        raise InvalidInput("the question is empty; write a few words to search for")
    if len(request.text) > QUESTION_CHARACTERS:
        raise InvalidInput(f"the question has {len(request.text)} characters; at most {QUESTION_CHARACTERS} are read")


def in_order(legs: Legs) -> list[tuple[str, Ranking]]:
    """Give the rankings in the order that a fusion's weight goes by."""
    return [(name, legs.rankings[name]) for name in ("lexical", "dense") if name in legs.rankings]


def page(
    request: SearchRequest, documents: Ranking, rankings: Mapping[str, Ranking], question: str
) -> tuple[Result, ...]:
    """Give the page that was asked for; documents that say nearly the same as an earlier one, by that one, if asked."""
    same: Mapping[str, tuple[str, ...]] = {}
    end = request.offset + request.limit
    if request.collapse:
        documents, same = collapsed(documents, end)
    return shown(documents, request.offset, end, same=same, rankings=rankings, question=question)


def shown(
    documents: Ranking,
    start: int,
    end: int,
    *,
    same: Mapping[str, tuple[str, ...]],
    rankings: Mapping[str, Ranking],
    question: str,
) -> tuple[Result, ...]:
    """Show a page of documents by their best passages; `ranks` are those of that passage in each leg."""
    ranks = {name: {hit.passage.passage_id: hit.rank for hit in ranking} for name, ranking in rankings.items()}
    best = documents[0].score if documents else 0.0
    return tuple(
        Result(
            passage=hit.passage,
            rank=rank,
            score=hit.score / best if best else 0.0,
            snippets=snippets(question, hit.passage),
            ranks={
                name: held[hit.passage.passage_id] for name, held in ranks.items() if hit.passage.passage_id in held
            },
            duplicates=same.get(hit.passage.doc_id, ()),
        )
        for rank, hit in enumerate(documents[start:end], start=start + 1)
    )


def of_sources(as_of: Mapping[str, datetime], hits: Ranking) -> dict[str, datetime]:
    """Keep the sources of what was found: another one's name is not everybody's business."""
    sources = {hit.passage.source for hit in hits}
    return {source: at for source, at in as_of.items() if source in sources}
