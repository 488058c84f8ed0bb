"""Fusions: how several rankings of one query become one; pure arithmetic, the same over every store.

Each takes a `weight`, the first ranking's share; the others have the rest in equal parts. A passage that a ranking
lacks gets nothing from it. Which one is the default is decided by benchmarks/scoreboard.py.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import fmean, pstdev
from typing import Final

from groundsel_pipelines.languages import UNKNOWN
from groundsel_pipelines.protocols import Fusion, WeightedFusion
from groundsel_pipelines.types import Hit, Ranking

Scaling = Callable[[Sequence[float]], Sequence[float]]

LOOKED_AT: Final = 10  # passages that the words found first
DEVIATIONS: Final = 3  # on either side of the mean: what counts as the whole of a distribution


def reciprocal_rank(rankings: Sequence[Ranking], /, *, weight: float = 0.5, k: int = 60) -> Ranking:
    """Sum `1 / (k + rank)` over the rankings (Cormack, Clarke and Büttcher 2009), of even weights if `weight` is .5."""
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking, share in zip(rankings, shares(len(rankings), weight), strict=True):
        for hit in ranking:
            scores[hit.passage.passage_id] += len(rankings) * share / (k + hit.rank)
    return ranked(scores, rankings)


def min_max_linear(rankings: Sequence[Ranking], /, *, weight: float = 0.5) -> Ranking:
    """Add up scores scaled to 0..1 between the lowest and the highest of their ranking (Fox and Shaw 1994)."""
    return linear(rankings, weight, min_max)


def maximum_linear(rankings: Sequence[Ranking], /, *, weight: float = 0.5) -> Ranking:
    """Add up scores divided by the highest of their ranking: zero stays zero (Bruch, Gai and Ingber 2023)."""
    return linear(rankings, weight, to_maximum)


def z_score_linear(rankings: Sequence[Ranking], /, *, weight: float = 0.5) -> Ranking:
    """Add up how many standard deviations each score lies above the lowest of its ranking (Montague and Aslam 2001).

    Above the lowest and not above the mean: a missing passage would be worth more than a found one otherwise.
    """
    return linear(rankings, weight, z_scores)


def distribution_linear(rankings: Sequence[Ranking], /, *, weight: float = 0.5) -> Ranking:
    """Add up scores scaled to 0..1 between three standard deviations below and above their mean, cut off there."""
    return linear(rankings, weight, within_deviations)


def by_language(
    fusion: WeightedFusion, /, *, weight: float, unread_weight: float, languages: Collection[str]
) -> Fusion:
    """Weigh the words more where the embedding model cannot read: most of what they found first is in other languages.

    Args:
        fusion: any of the above.
        weight: of the words' ranking, which comes first.
        unread_weight: the same, where the vectors say less.
        languages: that the embedding model was made for; where there are none, it reads all.

    """

    def fused(rankings: Sequence[Ranking], /) -> Ranking:
        found = [hit.passage.language for hit in rankings[0][:LOOKED_AT]] if rankings and languages else []
        read = sum(language in languages for language in found)
        unread = len(found) - read - found.count(UNKNOWN)
        return fusion(rankings, weight=unread_weight if unread > read else weight)

    return fused


# ---------------------------------------------------------------- scales


def min_max(scores: Sequence[float]) -> Sequence[float]:
    """Scale to 0..1; where all are equal, each is 1."""
    lowest, highest = min(scores), max(scores)
    return [(score - lowest) / (highest - lowest) if highest > lowest else 1.0 for score in scores]


def to_maximum(scores: Sequence[float]) -> Sequence[float]:
    """Divide by the highest; below zero, as a cosine may be, there is nothing."""
    highest = max(scores)
    return [max(score, 0.0) / highest if highest > 0 else 0.0 for score in scores]


def z_scores(scores: Sequence[float]) -> Sequence[float]:
    lowest, deviation = min(scores), pstdev(scores)
    return [(score - lowest) / deviation if deviation else 1.0 for score in scores]


def within_deviations(scores: Sequence[float]) -> Sequence[float]:
    """Scale the mean to .5; where all are equal, each is .5."""
    mean, reach = fmean(scores), DEVIATIONS * pstdev(scores)
    return [min(max((score - mean + reach) / (2 * reach), 0.0), 1.0) if reach else 0.5 for score in scores]


# ---------------------------------------------------------------- what all share


def linear(rankings: Sequence[Ranking], weight: float, scaled: Scaling) -> Ranking:
    """Add up the scores of each passage, scaled within their rankings and weighted."""
    totals: defaultdict[str, float] = defaultdict(float)
    for ranking, share in zip(rankings, shares(len(rankings), weight), strict=True):
        if ranking:
            for hit, score in zip(ranking, scaled([hit.score for hit in ranking]), strict=True):
                totals[hit.passage.passage_id] += share * score
    return ranked(totals, rankings)


def shares(count: int, weight: float) -> list[float]:
    """Give the weights of `count` rankings, together 1; a ranking alone has all of it."""
    return [weight, *[(1 - weight) / (count - 1)] * (count - 1)] if count > 1 else [1.0] * count


def ranked(scores: Mapping[str, float], rankings: Sequence[Ranking]) -> Ranking:
    """Order by score, best first, equal ones by passage_id; ranks count from 1."""
    found: dict[str, Hit] = {}
    for ranking in rankings:
        for hit in ranking:
            found.setdefault(hit.passage.passage_id, hit)
    order = sorted(scores, key=lambda passage_id: (-scores[passage_id], passage_id))
    return tuple(
        Hit(passage=found[passage_id].passage, rank=rank, score=scores[passage_id], retriever="fused")
        for rank, passage_id in enumerate(order, start=1)
    )
