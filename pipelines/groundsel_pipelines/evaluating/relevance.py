"""How well the rankings of a set order what is relevant: every measure by question, means and paired differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groundsel_pipelines.evaluating.intervals import Interval, difference, mean_interval
from groundsel_pipelines.evaluating.measures import MEASURES, by_query
from groundsel_pipelines.evaluating.retrieving import LEGS, Found, rankings, relevance, units
from groundsel_pipelines.protocols import Fusion
from groundsel_pipelines.types import Hit

FIRST: Final = MEASURES[0]  # by which a default is chosen and a gate decides
WORST: Final = 20  # questions shown with what each ranking returned
SHOWN: Final = 5  # documents shown of each

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""By ranking, measure and query_id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much better one ranking is than another over the same questions."""

    ranking: str
    against: str
    measure: str
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One document (or page) as a ranking returned it."""

    title: str
    place: str  # the end of its uri, and the page
    text: str  # how its passage begins
    relevant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """A question that goes badly, and what each ranking returned."""

    query_id: str
    text: str
    score: float
    wanted: tuple[str, ...]  # names of the relevant documents, with their pages
    returned: Mapping[str, tuple[Returned, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """The figures of one set over one store. `default` is the ranking that a user gets."""

    default: str
    scores: Scores
    means: Mapping[str, Mapping[str, Interval]]  # by ranking and measure
    differences: tuple[Difference, ...]
    worst: tuple[Worst, ...]


def score(
    found: Sequence[Found],
    doc_ids: Mapping[str, str],
    fusions: Mapping[str, Fusion],
    *,
    measures: Sequence[str] = MEASURES,
) -> Scores:
    """Measure both legs and every fusion of them."""
    qrels = {each.question.query_id: relevance(each.question, doc_ids) for each in found}
    runs: dict[str, dict[str, list[str]]] = {name: {} for name in (*LEGS, *fusions)}
    for each in found:
        for name, ranking in rankings(each, fusions).items():
            runs.setdefault(name, {})[each.question.query_id] = units(ranking, each.question, doc_ids)
    return {name: by_query(qrels, run, measures) for name, run in runs.items()}


def judge_relevance(
    found: Sequence[Found], doc_ids: Mapping[str, str], fusions: Mapping[str, Fusion], *, default: str
) -> Relevance:
    """Give the figures of all rankings; `default` is compared with each leg and with the other fusions."""
    scores = score(found, doc_ids, fusions)
    return Relevance(
        default=default,
        scores=scores,
        means={
            name: {measure: mean_interval(list(values.values())) for measure, values in measured.items()}
            for name, measured in scores.items()
        },
        differences=tuple(
            Difference(
                ranking=default,
                against=other,
                measure=measure,
                interval=difference(values_of(scores, default, measure), values_of(scores, other, measure)),
            )
            for other in scores
            if other != default
            for measure in MEASURES
        ),
        worst=worst(found, doc_ids, {default: fusions[default]}, scores[default][FIRST]),
    )


def values_of(scores: Scores, ranking: str, measure: str) -> list[float]:
    return list(scores[ranking][measure].values())


def worst(
    found: Sequence[Found], doc_ids: Mapping[str, str], fusions: Mapping[str, Fusion], scores: Mapping[str, float]
) -> tuple[Worst, ...]:
    """Give the questions with the lowest scores, and what each leg and each of the fusions returned."""
    order = sorted(found, key=lambda each: (scores[each.question.query_id], each.question.query_id))
    return tuple(
        Worst(
            query_id=each.question.query_id,
            text=each.question.text,
            score=scores[each.question.query_id],
            wanted=tuple(
                f"{gold.name}, page {gold.page}" if gold.page else gold.name
                for gold in each.question.gold
                if gold.relevance > 0
            ),
            returned={
                name: returned(each, list(ranking), doc_ids) for name, ranking in rankings(each, fusions).items()
            },
        )
        for each in order[:WORST]
        if scores[each.question.query_id] < 1
    )


def returned(found: Found, hits: Sequence[Hit], doc_ids: Mapping[str, str]) -> tuple[Returned, ...]:
    question = found.question
    relevant = {unit for unit, grade in relevance(question, doc_ids).items() if grade > 0}
    first: dict[str, Hit] = {}
    for hit in hits:
        for name in units((hit,), question, doc_ids):
            first.setdefault(name, hit)
    return tuple(
        Returned(
            title=hit.passage.title,
            place=hit.passage.uri.rpartition("/")[2] + (f", page {hit.passage.page}" if hit.passage.page else ""),
            text=" ".join(hit.passage.text.split()),
            relevant=name in relevant,
        )
        for name, hit in list(first.items())[:SHOWN]
    )
