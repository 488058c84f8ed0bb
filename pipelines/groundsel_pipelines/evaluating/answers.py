"""Asks for answers, and says what they are worth: right, carried, cited, rightly refused, and how soon."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.answering.gate import Features, Gate
from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.evaluating.intervals import Interval, mean_interval
from groundsel_pipelines.evaluating.judging import Outcome, judge
from groundsel_pipelines.evaluating.judgments import Question
from groundsel_pipelines.evaluating.preparing import Prepared, Told
from groundsel_pipelines.types import AnswerRequest, Citation, Document

FIRST: Final = "answer F1"  # by which a gate decides
STAGES: Final = {"results": "results", "first_sentence": "first sentence", "done": "done"}

Value = Callable[[Outcome], float]
Counts = Callable[[Outcome], bool]

FIGURES: Final[Mapping[str, tuple[Counts, Value]]] = {
    FIRST: (lambda each: each.asked.answerable, lambda each: each.f1 if each.answered else 0.0),
    "exact match": (lambda each: each.asked.answerable, lambda each: each.answered and each.exact),
    "right": (lambda each: each.asked.answerable, lambda each: each.answered and each.right),
    "right, of those answered": (lambda each: each.asked.answerable and each.answered, lambda each: each.right),
    "citation precision": (
        # Where documents contradict each other there are more right places than the one that a set names
        lambda each: each.answered and each.asked.status == "answered" and bool(each.asked.gold and each.citations),
        lambda each: each.right_citations / each.citations,
    ),
    "citation recall": (
        lambda each: each.asked.answerable and bool(each.asked.gold),
        lambda each: each.cited_gold / len(each.asked.gold) if each.answered else 0.0,
    ),
    "share supported": (
        lambda each: each.answered and each.sentences > 0,
        lambda each: 1 - each.unsupported / each.sentences,
    ),
    "false abstentions": (lambda each: each.asked.answerable, lambda each: not each.answered),
    "false answers": (lambda each: not each.asked.answerable, lambda each: each.answered),
    "contradictions seen": (
        lambda each: each.asked.status == "conflicting",
        lambda each: each.end.status == "conflicting",
    ),
    "contradictions seen where there are none": (
        lambda each: each.asked.status != "conflicting" and each.answered,
        lambda each: each.end.status == "conflicting",
    ),
}
"""By name: which questions count, and what each counts for. "Right" holds the gold answer or quotes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where the gate could stand: how many questions are answered, and how many of those answers are not right."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    p50: float
    p95: float
    mean: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The figures of the answers to one set."""

    method: str
    questions: int
    means: Mapping[str, Interval]
    scores: Mapping[str, Mapping[str, float]]  # by figure and query_id
    seconds: Mapping[str, Seconds]
    threshold: float  # where the gate stands
    curve: tuple[Point, ...]  # from the surest answer on
    area: float  # under the curve: the mean risk over all coverages (AURC, Geifman et al. 2018)
    sentences: int
    misquoted: int  # quotes that are not the stored text: never more than 0
    reasons: Mapping[str, int]  # why a model's answer was not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedGate(Gate):
    """Lets every question through and notes how sure the real gate was: so that its whole curve can be drawn."""

    heard: list[tuple[float, bool]]  # how sure it was, and whether that is enough

    def opens(self, features: Features) -> bool:
        probability = self.probability(features)
        self.heard.append((probability, probability >= self.threshold))
        return True


def watched(gate: Gate, heard: list[tuple[float, bool]]) -> WatchedGate:
    return WatchedGate(intercept=gate.intercept, weights=gate.weights, threshold=gate.threshold, heard=heard)


async def ask(
    questions: Sequence[Question],
    prepared: Prepared,
    answerer: Answerer,
    *,
    principals: frozenset[str],
    told: Told,
) -> tuple[Outcome, ...]:
    """Ask every question, one after the other, and judge each answer."""
    heard: list[tuple[float, bool]] = []
    open_answerer = replace(
        answerer, gate=watched(answerer.gate, heard), reading_gate=watched(answerer.reading_gate, heard)
    )
    outcomes: list[Outcome] = []
    documents: dict[str, Document] = {}
    async for _ in open_answerer.answer(AnswerRequest(text="warm up", principals=principals)):
        pass
    for done, asked in enumerate(questions, start=1):
        heard.clear()
        request = AnswerRequest(text=asked.text, principals=principals)
        events = [event async for event in open_answerer.answer(request)]
        for doc_id in {event.doc_id for event in events if isinstance(event, Citation)} - documents.keys():
            document = await prepared.store.read(doc_id, principals=principals)
            if document is None:
                raise GroundselError(f"the answer to question {asked.query_id} cites a document that is not there")
            documents[doc_id] = document
        confidence, opened = heard[0] if heard else (0.0, False)
        outcome = judge(
            asked,
            events,
            confidence=confidence,
            opened=opened,
            documents=documents,
            doc_ids=prepared.doc_ids,
            embedder=answerer.embedder,
        )
        outcomes.append(outcome)
        told("answering", done, len(questions))
    return tuple(outcomes)


def judge_answers(outcomes: Sequence[Outcome], *, method: str, threshold: float) -> Answers:
    """Give the figures; those for which no question counts are left out."""
    scores = {
        name: {each.asked.query_id: float(value(each)) for each in outcomes if counts(each)}
        for name, (counts, value) in FIGURES.items()
    }
    scores = {name: values for name, values in scores.items() if values}
    curve = risk_coverage(outcomes)
    return Answers(
        method=method,
        questions=len(outcomes),
        means={name: mean_interval(list(values.values())) for name, values in scores.items()},
        scores=scores,
        seconds=seconds(outcomes),
        threshold=threshold,
        curve=curve,
        area=float(np.mean([point.risk for point in curve])) if curve else 0.0,
        sentences=sum(each.sentences for each in outcomes if each.answered),
        misquoted=sum(each.misquoted for each in outcomes),
        reasons=dict(Counter(each.end.reason for each in outcomes if each.end.reason).most_common()),
    )


def risk_coverage(outcomes: Sequence[Outcome]) -> tuple[Point, ...]:
    """Answer the surest question first, then the next (El-Yaniv and Wiener 2010): the share wrong so far each time.

    An answer to a question that the documents do not answer is wrong.
    """
    sure = sorted(outcomes, key=lambda each: (-each.confidence, each.asked.query_id))
    said = [each for each in sure if each.end.status in {"answered", "partial", "conflicting"}]
    points: list[Point] = []
    wrong = 0
    for answered, each in enumerate(said, start=1):
        wrong += not each.right
        points.append(
            Point(threshold=each.confidence, coverage=answered / len(outcomes), risk=wrong / answered),
        )
    return tuple(points)


def seconds(outcomes: Sequence[Outcome]) -> dict[str, Seconds]:
    """Give how soon the parts of an answer were there, over the questions that were answered."""
    found: dict[str, Seconds] = {}
    for name, shown in STAGES.items():
        took = [each.end.took_ms[name] / 1000 for each in outcomes if name in each.end.took_ms and each.answered]
        if took:
            p50, p95 = (float(np.percentile(took, share)) for share in (50, 95))
            found[shown] = Seconds(p50=p50, p95=p95, mean=mean_interval(took))
    return found
