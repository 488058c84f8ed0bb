"""Runs every question through both legs of a store, one after the other; fusions are applied to what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter
from typing import Final

from anyio import to_thread

from groundsel_pipelines.evaluating.judgments import Question
from groundsel_pipelines.evaluating.preparing import Prepared, Told
from groundsel_pipelines.protocols import Embedder, Fusion
from groundsel_pipelines.searching.access import visible
from groundsel_pipelines.searching.reranking import NO_RERANKING, WEIGHT, Reranking, reordered
from groundsel_pipelines.types import Hit, Query, Ranking

LEGS: Final = ("lexical", "dense")  # in the order that a fusion's weight goes by
STAGES: Final[tuple[str, ...]] = ("lexical", "embed", "dense")  # in the order that they run here
SHOWN_CHARACTERS: Final = 160  # of a passage kept for a report: a thousand questions find 200,000 of them
RERANKED: Final = "reranked"
DEPTH: Final = 100  # units of a run, as the deepest measure looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the legs found for one question, and how long that took in milliseconds."""

    question: Question
    legs: Mapping[str, Ranking]
    took_ms: Mapping[str, float]
    fused: Ranking = ()  # in the order that a reranker, if there is one, has read it
    read: tuple[float, ...] = ()  # what it made of the first ones


async def find(
    questions: Sequence[Question],
    prepared: Prepared,
    *,
    embedder: Embedder,
    principals: frozenset[str],
    top_k: int,
    told: Told,
    fusion: Fusion | None = None,
    reranking: Reranking = NO_RERANKING,
) -> tuple[Found, ...]:
    """Ask both legs every question that documents answer; let a reranker read the best of their `fusion`."""
    asked = [question for question in questions if question.answerable]
    found: list[Found] = []
    for done, question in enumerate(asked, start=1):
        query = Query(text=question.text, principals=principals, top_k=top_k)
        times = [perf_counter()]
        lexical = await prepared.store.search_lexical(query)
        times.append(perf_counter())
        vector = await to_thread.run_sync(embedder.embed_query, question.text)
        times.append(perf_counter())
        dense = await prepared.store.search_dense(query, vector)
        times.append(perf_counter())
        took = (round((later - earlier) * 1000, 3) for earlier, later in pairwise(times))
        legs = {"lexical": visible(lexical, principals), "dense": visible(dense, principals)}
        took_ms: dict[str, float] = dict(zip(STAGES, took, strict=True))
        fused = fusion(list(legs.values())) if fusion and reranking.serves else ()
        began = perf_counter()
        read = (await reranking.read(question.text, fused)) or ()
        if read:
            took_ms["rerank"] = round((perf_counter() - began) * 1000, 3)
        slimmed = {name: slim(ranking) for name, ranking in legs.items()}
        found.append(Found(question=question, legs=slimmed, took_ms=took_ms, fused=slim(fused), read=tuple(read)))
        told("searching", done, len(asked))
    return tuple(found)


def slim(ranking: Ranking) -> Ranking:
    """Keep of each passage only what a report shows."""
    return tuple(
        replace(hit, passage=replace(hit.passage, text=hit.passage.text[:SHOWN_CHARACTERS], headings=()))
        for hit in ranking
    )


def rankings(found: Found, fusions: Mapping[str, Fusion]) -> dict[str, Ranking]:
    """Give the ranking of each leg and of each fusion of them, and the one that a reranker makes."""
    legs = [found.legs[name] for name in LEGS]
    reread = {RERANKED: reordered(found.fused, found.read, weight=WEIGHT)} if found.read else {}
    return {**found.legs, **{name: fusion(legs) for name, fusion in fusions.items()}, **reread}


# ---------------------------------------------------------------- what is judged: documents, or pages


def unit(hit: Hit, gold: frozenset[tuple[str, int]]) -> str:
    """Give what a hit counts as: its document or, where pages are judged (`gold` is not empty), its page.

    A page next to a gold one counts as that one, as a passage that begins on it may well reach over.
    """
    doc_id, page = hit.passage.doc_id, hit.passage.page or 0
    if not gold:
        return doc_id
    near = sorted((abs(page - wanted), wanted) for held, wanted in gold if held == doc_id and abs(page - wanted) <= 1)
    return f"{doc_id}#page={near[0][1] if near else page}"


def gold_pages(question: Question, doc_ids: Mapping[str, str]) -> frozenset[tuple[str, int]]:
    return frozenset((doc_ids[gold.name], gold.page) for gold in question.gold if gold.page)


def units(ranking: Ranking, question: Question, doc_ids: Mapping[str, str]) -> list[str]:
    """Give what was found, each once where its best passage stands (MaxP), at most as deep as measures look."""
    pages = gold_pages(question, doc_ids)
    return list(dict.fromkeys(unit(hit, pages) for hit in ranking))[:DEPTH]


def relevance(question: Question, doc_ids: Mapping[str, str]) -> dict[str, int]:
    """Give the relevance of every judged unit of a question."""
    return {
        f"{doc_ids[gold.name]}#page={gold.page}" if gold.page else doc_ids[gold.name]: gold.relevance
        for gold in question.gold
    }
