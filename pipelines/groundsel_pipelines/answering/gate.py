"""The gate: how likely it is that the evidence answers the question, and whether that is enough to answer at all."""

import json
import math
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

from groundsel_pipelines.answering.anchors import MONTHS, names, numbers
from groundsel_pipelines.answering.evidence import Evidence, coverage
from groundsel_pipelines.answering.questions import Question
from groundsel_pipelines.answering.spans import odds
from groundsel_pipelines.words import WORD, stems

YEAR_OR_TIME = re.compile(r"\b(?:1\d|20)\d\d\b|\b\d{1,2}:\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
BEGINNING_NAME = re.compile(r"([A-ZÀ-Þ][^\W\d_]+) [A-ZÀ-Þ][^\W\d_]")
RIVALS = 5  # sentences after the best one, to which its margin is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the gate looks at; each is small, most are within 0..1."""

    cosine: float  # of the best sentence
    highest_cosine: float  # of any sentence
    overlap: float  # of the best sentence
    passage_overlap: float  # of the whole passage that it stands in
    rarest_missing: float  # 1 if the passage lacks the question's rarest word
    margin: float  # of the best sentence's score over its rivals' mean
    kind_there: float  # 1 if the question asks for a number, date or name and the sentence has one that is not asked
    kind_lacking: float  # 1 if it asks for one and the sentence has none
    numbers_missing: float  # 1 if a number of the question is nowhere in the passage
    nearest: float  # cosine of the nearest whole passage: an answer may be spread over several sentences
    read_answerable: float = 0.0  # log-odds that the best sentence's passage answers, as a reader says; 0 without one
    read_highest: float = 0.0  # of any passage
    read_confidence: float = 0.0  # of the words that it found there
    read_agrees: float = 0.0  # 1 if they stand in the best sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A logistic model over `Features`; made by benchmarks/fit_gate.py, which says on what."""

    intercept: float
    weights: Mapping[str, float]  # by feature
    threshold: float  # probability from which on a question is answered

    def probability(self, features: Features) -> float:
        values = asdict(features)
        logit = self.intercept + sum(weight * values[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-logit))

    def opens(self, features: Features) -> bool:
        return self.probability(features) >= self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnThreshold:
    """Where the gate stands for one collection, as `groundsel tune gate` found: for the gate that it found it with."""

    threshold: float
    reader: bool


@cache
def fitted_gate(*, reader: bool = False) -> Gate:
    """Read the gate that travels with the package: the one for evidence that a reader has read, or for any other."""
    name = "gate-reader.json" if reader else "gate.json"
    fit = json.loads(files("groundsel_pipelines.answering").joinpath(name).read_text(encoding="utf-8"))
    return Gate(intercept=fit["intercept"], weights=fit["weights"], threshold=fit["threshold"])


def features(
    question: Question, evidence: Sequence[Evidence], weights: Mapping[str, float], near: Sequence[float]
) -> Features:
    """Describe how well the evidence fits the question.

    Args:
        question: that is asked.
        evidence: sentences, best first, one at least.
        weights: the rarity of the question's words.
        near: the cosine of the question with each passage that was found.

    """
    best = evidence[0]
    passage = best.place.passage
    whole = f"{best.place.context}\n{' '.join(passage.headings)}\n{passage.text}"
    held = stems(whole, passage.language)
    rarest = max(weights, key=lambda stem: (weights[stem], stem), default="")
    rivals = [each.score for each in evidence[1 : 1 + RIVALS]]
    there = has_kind(question, best.place.text, passage.language)
    read = [odds(each.reading.answerable) for each in evidence if each.reading]
    return Features(
        cosine=best.cosine,
        highest_cosine=max(each.cosine for each in evidence),
        overlap=best.overlap,
        passage_overlap=coverage(weights, held),
        rarest_missing=float(bool(rarest) and rarest not in held),
        margin=best.score - sum(rivals) / len(rivals) if rivals else 0.0,
        kind_there=float(there is True),
        kind_lacking=float(there is False),
        numbers_missing=float(not question.numbers <= numbers(whole, passage.language)),
        nearest=max(near),
        read_answerable=odds(best.reading.answerable) if best.reading else 0.0,
        read_highest=max(read, default=0.0),
        read_confidence=best.reading.confidence if best.reading else 0.0,
        read_agrees=float(best.holds_span),
    )


def has_kind(question: Question, text: str, language: str) -> bool | None:
    """Say whether the text holds what the question asks for and does not say itself; None if it asks for no kind."""
    if question.kind == "number":
        return bool(numbers(text, language) - question.numbers)
    if question.kind == "date":
        return bool(YEAR_OR_TIME.search(text)) or not MONTHS.isdisjoint(WORD.findall(text.lower()))
    if question.kind == "name":
        asked = question.text.lower()
        return any(name not in asked for name in all_names(text, language))
    return None


def all_names(text: str, language: str) -> Generator[str]:
    """Give the names of a sentence; its first word is one if another follows at once: "Ann Weber decides"."""
    yield from names(text, language)
    if begins := BEGINNING_NAME.match(text):
        yield begins[1].lower()
