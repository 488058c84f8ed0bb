"""Two generations of a collection, asked the same: what a switch would change, and whether for the better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groundsel_pipelines.evaluating.intervals import Interval, difference, mean_interval
from groundsel_pipelines.evaluating.judgments import Question
from groundsel_pipelines.evaluating.preparing import Prepared, Told
from groundsel_pipelines.evaluating.relevance import FIRST, score, values_of
from groundsel_pipelines.evaluating.retrieving import LEGS, Found, find, rankings
from groundsel_pipelines.protocols import Embedder, Fusion
from groundsel_pipelines.types import Ranking

FUSED: Final = "fused"
FIRST_PAGE: Final = 10  # documents
MOST_CHANGED: Final = 5  # questions shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One generation, with the model that its vectors are of."""

    prepared: Prepared
    embedder: Embedder
    fusion: Fusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One ranking of both. The measures are those of `FIRST`; None where nothing is judged."""

    ranking: str  # of a leg, or fused
    overlap: Interval  # share of the first ten documents that both give
    live: Interval | None
    new: Interval | None
    gain: Interval | None  # the new one's less the live one's, question by question


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a switch would change."""

    questions: int
    judged: int
    rankings: tuple[Compared, ...]
    most_changed: tuple[tuple[str, float], ...]  # questions, and the overlap of what they find


async def compare(
    questions: Sequence[Question], live: Side, new: Side, *, principals: frozenset[str], top_k: int, told: Told
) -> Comparison:
    """Ask both generations every question."""
    sides = []
    for name, side in (("live", live), ("new", new)):

        def of_side(stage: str, done: int, total: int | None, name: str = name) -> None:
            told(f"{stage} the {name}", done, total)

        sides.append(
            await find(
                questions, side.prepared, embedder=side.embedder, principals=principals, top_k=top_k, told=of_side
            )
        )
    return compared(sides[0], sides[1], live, new)


def compared(before: Sequence[Found], after: Sequence[Found], live: Side, new: Side) -> Comparison:
    """Set side by side what both gave for the same questions in the same order."""
    pairs = [
        (rankings(one, {FUSED: live.fusion}), rankings(other, {FUSED: new.fusion}))
        for one, other in zip(before, after, strict=True)
    ]
    overlaps = {
        name: [overlap(documents(one[name]), documents(other[name])) for one, other in pairs] for name in (*LEGS, FUSED)
    }
    judged = [place for place, each in enumerate(before) if each.question.gold]
    measured = (
        [
            score([found[place] for place in judged], side.prepared.doc_ids, {FUSED: side.fusion}, measures=[FIRST])
            for found, side in ((before, live), (after, new))
        ]
        if judged
        else []
    )
    by_change = sorted(zip(overlaps[FUSED], (each.question.text for each in before), strict=True))
    return Comparison(
        questions=len(before),
        judged=len(judged),
        rankings=tuple(
            Compared(ranking=name, overlap=mean_interval(values), **gains(name, measured))
            for name, values in overlaps.items()
        ),
        most_changed=tuple((text, share) for share, text in by_change[:MOST_CHANGED] if share < 1),
    )


def gains(name: str, measured: Sequence[Mapping[str, Mapping[str, Mapping[str, float]]]]) -> dict[str, Interval | None]:
    """Give the measures of a ranking in both, and what it gains."""
    if not measured:
        return {"live": None, "new": None, "gain": None}
    live, new = (values_of(scores, name, FIRST) for scores in measured)
    return {"live": mean_interval(live), "new": mean_interval(new), "gain": difference(new, live)}


def overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Give the share of the first ten names that both have, best first; of two empty lists, all."""
    first, second = (set(names[:FIRST_PAGE]) for names in (one, other))
    return len(first & second) / max(len(first), len(second)) if first or second else 1.0


def documents(ranking: Ranking) -> list[str]:
    return list(dict.fromkeys(hit.passage.doc_id for hit in ranking))
