"""Fusions: how several rankings of one query become one; pure arithmetic, the same over every store."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from groundsel_pipelines.types import Hit, Ranking


def reciprocal_rank(rankings: Sequence[Ranking], /, *, k: int = 60) -> Ranking:
    """Sum `1 / (k + rank)` over the rankings (Cormack, Clarke and Büttcher 2009); a missing passage adds nothing."""
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for hit in ranking:
            scores[hit.passage.passage_id] += 1 / (k + hit.rank)
    return ranked(scores, rankings)


def min_max_linear(rankings: Sequence[Ranking], /, *, weight: float = 0.5) -> Ranking:
    """Scale each ranking's scores to 0..1 and add them up, weighted; a missing passage adds nothing.

    `weight` is the first ranking's share, the others have the rest in equal parts. Where all scores of a ranking are
    equal, each of its passages gets 1.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    for index, ranking in enumerate(rankings):
        share = weight if index == 0 else (1 - weight) / (len(rankings) - 1)
        lowest = min((hit.score for hit in ranking), default=0.0)
        width = max((hit.score for hit in ranking), default=0.0) - lowest
        for hit in ranking:
            scores[hit.passage.passage_id] += share * ((hit.score - lowest) / width if width else 1.0)
    return ranked(scores, rankings)


def ranked(scores: Mapping[str, float], rankings: Sequence[Ranking]) -> Ranking:
    """Order by score, best first, equal ones by passage_id; ranks count from 1."""
    found: dict[str, Hit] = {}
    for ranking in rankings:
        for hit in ranking:
            found.setdefault(hit.passage.passage_id, hit)
    order = sorted(scores, key=lambda passage_id: (-scores[passage_id], passage_id))
    return tuple(
        replace(found[passage_id], rank=rank, score=scores[passage_id], retriever="fused")
        for rank, passage_id in enumerate(order, start=1)
    )
