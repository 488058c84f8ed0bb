"""The figures of a role, as one number a row: their mean is the figure, their spread its interval, paired by row."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.judging import f1, normalised
from groundsel_pipelines.tuning.answer_figures import answer_figures
from groundsel_pipelines.tuning.judged import Judged, ReaderJudged, RerankerJudged, VerifierJudged
from groundsel_pipelines.tuning.judged_answers import AnswerJudged
from groundsel_pipelines.tuning.judged_texts import TextJudged, rewriting_figures, summary_figures
from groundsel_pipelines.tuning.rows import (
    AnswerRow,
    ReaderRow,
    RerankerRow,
    RewriteRow,
    Role,
    Row,
    SummariseRow,
    VerifierRow,
)
from groundsel_pipelines.tuning.statistics import area, balanced

Array = npt.NDArray[np.float64]

FIRST: Final[Mapping[Role, tuple[str, ...]]] = {  # by which the gate decides: each must win
    "reader": ("F1", "answerability AUROC"),
    "verifier": ("balanced accuracy",),
    "reranker": ("nDCG@10",),
    "answer": ("F1", "right or silent"),
    "summarise": ("ROUGE-L",),
    "rewrite": ("F1", "restored"),
}
DEPTH: Final = 10


def figures(role: Role, rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Array]:
    """Give each figure's numbers; a figure that no row counts for is left out.

    Raises:
        InvalidInput: no figure can be made of these rows; says which rows are lacking.

    """
    found = MAKERS[role](rows, judged)
    if not found:
        raise InvalidInput(f"no figure of a {role} can be made of these {len(rows)} rows: all are of one class")
    return found


def _reader(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Array]:
    pairs = [
        (row, each)
        for row, each in zip(rows, judged, strict=True)
        if isinstance(row, ReaderRow) and isinstance(each, ReaderJudged)
    ]
    spans = [(row, each.text) for row, each in pairs if row.answerable]
    found = {}
    if spans:
        found["F1"] = np.array([max(f1(text, answer) for answer in row.answers) for row, text in spans])
        exact = [any(normalised(text) == normalised(answer) for answer in row.answers) for row, text in spans]
        found["exact match"] = np.array(exact, np.float64)
    answerable = np.array([row.answerable for row, _ in pairs])
    if answerable.any() and not answerable.all():
        found["answerability AUROC"] = area(np.array([each.answerable for _, each in pairs]), answerable)
    return found


def _verifier(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Array]:
    labels = [row.label for row in rows if isinstance(row, VerifierRow)]
    given = [each for each in judged if isinstance(each, VerifierJudged)]
    supported = np.array([label == "supported" for label in labels])
    if supported.all() or not supported.any():
        return {}
    found = {
        "balanced accuracy": balanced(
            np.array([each.supported >= each.threshold for each in given]) == supported, supported.astype(int)
        ),
        "supported AUROC": area(np.array([each.supported for each in given]), supported),
    }
    known = [
        (label, each.label) for label, each in zip(labels, given, strict=True) if label != "unsupported" and each.label
    ]
    if len({label for label, _ in known}) == len(("supported", "contradicted", "neither")):
        right = np.array([label == told for label, told in known])
        classes = np.unique([label for label, _ in known], return_inverse=True)[1]
        found["balanced accuracy of three"] = balanced(right, classes)
    return found


def _reranker(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Array]:
    gains = [
        _ndcg(each.scores)
        for row, each in zip(rows, judged, strict=True)
        if isinstance(row, RerankerRow) and isinstance(each, RerankerJudged)
    ]
    return {"nDCG@10": np.array(gains)} if gains else {}


def _ndcg(scores: Sequence[float]) -> float:
    """Give the gain of the first one, the only relevant; ties count against it."""
    rank = 1 + sum(score >= scores[0] for score in scores[1:])
    return 1 / math.log2(1 + rank) if rank <= DEPTH else 0.0


def _answer(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Array]:
    return answer_figures(
        [
            (row, each)
            for row, each in zip(rows, judged, strict=True)
            if isinstance(row, AnswerRow) and isinstance(each, AnswerJudged)
        ]
    )


def _summarise(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Array]:
    pairs = zip(rows, judged, strict=True)
    return summary_figures(
        [(row, each) for row, each in pairs if isinstance(row, SummariseRow) and isinstance(each, TextJudged)]
    )


def _rewrite(rows: Sequence[Row], judged: Sequence[Judged]) -> dict[str, Array]:
    pairs = zip(rows, judged, strict=True)
    return rewriting_figures(
        [(row, each) for row, each in pairs if isinstance(row, RewriteRow) and isinstance(each, TextJudged)]
    )


MAKERS: Final = {
    "reader": _reader,
    "verifier": _verifier,
    "reranker": _reranker,
    "answer": _answer,
    "summarise": _summarise,
    "rewrite": _rewrite,
}
