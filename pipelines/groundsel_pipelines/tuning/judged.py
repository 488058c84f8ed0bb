"""What a model or a baseline says of rows, and the baselines: what can be had without any training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from groundsel_pipelines.protocols import Embedder, LanguageModel, Reader, Reranker, Verifier
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.tuning.judged_answers import AnswerJudged, by_nearness, by_writer, silent_below_best
from groundsel_pipelines.tuning.judged_texts import TextJudged, as_typed, by_rule, written
from groundsel_pipelines.tuning.rows import (
    AnswerRow,
    Label,
    ReaderRow,
    RerankerRow,
    RewriteRow,
    Row,
    SummariseRow,
    VerifierRow,
)
from groundsel_pipelines.words import stems

Told = Callable[[str, int, int | None], None]
LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderJudged:
    text: str
    answerable: float  # the higher, the surer


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierJudged:
    supported: float
    threshold: float = 0.5
    label: Label | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankerJudged:
    scores: tuple[float, ...]  # of the positive, then of each negative


Judged = ReaderJudged | VerifierJudged | RerankerJudged | AnswerJudged | TextJudged


def by_reader(reader: Reader, rows: Sequence[Row], told: Told) -> list[Judged]:
    found: list[Judged] = []
    for row in rows:
        if isinstance(row, ReaderRow):
            (reading,) = reader.read(row.question, [row.passage])
            found.append(ReaderJudged(text=row.passage[reading.start : reading.end], answerable=reading.answerable))
            told("reading", len(found), len(rows))
    return found


def by_verifier(verifier: Verifier, rows: Sequence[Row], told: Told) -> list[Judged]:
    found: list[Judged] = []
    for row in rows:
        if isinstance(row, VerifierRow):
            (verdict,) = verifier.verify(row.claim, [row.evidence])
            likely: dict[Label, float] = {
                "supported": verdict.supported,
                "contradicted": verdict.contradicted,
                "neither": verdict.neither,
            }
            label: Label = max(likely, key=likely.__getitem__)
            found.append(VerifierJudged(supported=verdict.supported, label=label))
            told("verifying", len(found), len(rows))
    return found


def by_reranker(reranker: Reranker, rows: Sequence[Row], told: Told) -> list[Judged]:
    found: list[Judged] = []
    for row in rows:
        if isinstance(row, RerankerRow):
            found.append(RerankerJudged(scores=reranker.score(row.query, [row.positive, *row.negatives])))
            told("reranking", len(found), len(rows))
    return found


def by_language_model(model: LanguageModel, rows: Sequence[Row], told: Told) -> list[Judged]:
    found: list[Judged] = []
    for row in rows:
        if isinstance(row, AnswerRow):
            found.append(by_writer(model, row))
        elif isinstance(row, SummariseRow | RewriteRow):
            found.append(written(model, row))
        told("writing", len(found), len(rows))
    return found


def by_rules(rows: Sequence[Row]) -> list[Judged]:
    return [by_rule(row) for row in rows if isinstance(row, SummariseRow | RewriteRow)]


def by_nothing(rows: Sequence[Row]) -> list[Judged]:
    """Leave every question as it was typed."""
    return [as_typed(row) for row in rows if isinstance(row, RewriteRow)]


def by_cosine(embedder: Embedder, rows: Sequence[Row], told: Told) -> list[Judged]:
    """Judge by the cosine of embeddings: the nearest sentence, its nearness, or the nearness of the texts."""
    found: list[Judged] = []
    for row in rows:
        if isinstance(row, ReaderRow):
            spans = sentence_spans(row.passage, LANGUAGE) or [(0, len(row.passage))]
            near = _cosines(embedder, row.question, [row.passage[start:end] for start, end in spans])
            start, end = spans[int(np.argmax(near))]
            whole = _cosines(embedder, row.question, [row.passage])[0]
            found.append(ReaderJudged(text=row.passage[start:end], answerable=whole))
        elif isinstance(row, VerifierRow):
            found.append(VerifierJudged(supported=_cosines(embedder, row.claim, [row.evidence])[0]))
        elif isinstance(row, AnswerRow):
            found.append(by_nearness(row, _cosines(embedder, row.question, row.evidence)))
        elif isinstance(row, RerankerRow):
            found.append(RerankerJudged(scores=tuple(_cosines(embedder, row.query, [row.positive, *row.negatives]))))
        told("embedding", len(found), len(rows))
    return _with_best_threshold(found, rows)


def by_overlap(rows: Sequence[Row], told: Told) -> list[Judged]:
    """Judge by the share of the question's or claim's words that the text holds."""
    found: list[Judged] = []
    for row in rows:
        if isinstance(row, ReaderRow):
            spans = sentence_spans(row.passage, LANGUAGE) or [(0, len(row.passage))]
            shares = [overlap(row.question, row.passage[start:end]) for start, end in spans]
            start, end = spans[int(np.argmax(shares))]
            found.append(ReaderJudged(text=row.passage[start:end], answerable=overlap(row.question, row.passage)))
        elif isinstance(row, VerifierRow):
            found.append(VerifierJudged(supported=overlap(row.claim, row.evidence)))
        elif isinstance(row, AnswerRow):
            found.append(by_nearness(row, [overlap(row.question, piece) for piece in row.evidence]))
        elif isinstance(row, RerankerRow):
            texts = [row.positive, *row.negatives]
            found.append(RerankerJudged(scores=tuple(overlap(row.query, text) for text in texts)))
        told("comparing words", len(found), len(rows))
    return _with_best_threshold(found, rows)


def overlap(text: str, other: str) -> float:
    """Give the share of the words of `text`, without stop words and endings, that stand in `other`."""
    own = stems(text, LANGUAGE)
    return len(own & stems(other, LANGUAGE)) / len(own) if own else 0.0


def _cosines(embedder: Embedder, query: str, texts: Sequence[str]) -> list[float]:
    vectors = embedder.embed_passages(list(texts))
    return [float(value) for value in vectors @ embedder.embed_query(query)[0]]


def _with_best_threshold(found: list[Judged], rows: Sequence[Row]) -> list[Judged]:
    """Give a baseline the threshold that is best on these very rows: no other would do it more good."""
    answers = [each for each in found if isinstance(each, AnswerJudged)]
    if answers:
        return [*silent_below_best(answers, rows)]
    scores = [each.supported for each in found if isinstance(each, VerifierJudged)]
    if not scores:
        return found
    supported = np.array([isinstance(row, VerifierRow) and row.label == "supported" for row in rows])
    values = np.array(scores)
    best = max(
        np.unique(values),
        key=lambda at: (
            (values[supported] >= at).mean() + (values[~supported] < at).mean()
            if supported.any() and not supported.all()
            else 0
        ),
    )
    return [replace(each, threshold=float(best)) for each in found if isinstance(each, VerifierJudged)]
