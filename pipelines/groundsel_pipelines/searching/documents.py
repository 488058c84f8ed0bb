"""From passages to documents: each scores as its best passage (MaxP, Dai and Callan 2019)."""

from dataclasses import replace

from groundsel_pipelines.protocols import Store
from groundsel_pipelines.types import Hit, Query, Ranking


def best_passages(ranking: Ranking) -> Ranking:
    """Keep the first hit of each document, in order."""
    best: dict[str, Hit] = {}
    for hit in ranking:
        best.setdefault(hit.passage.doc_id, hit)
    return tuple(best.values())


async def fill(store: Store, query: Query, documents: Ranking, *, wanted: int) -> Ranking:
    """Go on after the fused `documents` with further lexical matches, in their order, until there are `wanted`.

    Fusing a longer list anew would change the order of what earlier pages have shown; so the fused list stays as it
    is, and what follows has score 0.
    """
    top_k = query.top_k
    while True:
        top_k *= 4  # a few more round trips for the rare deep page, rather than many passages for every one
        ranking = await store.search_lexical(replace(query, top_k=top_k))
        further = tuple(replace(hit, score=0.0, retriever="fused") for hit in ranking)
        filled = best_passages(documents + further)
        if len(filled) >= wanted or len(ranking) < top_k:
            return filled
