"""Fits the fusion and its weight to judged questions, and says by nested cross-validation what that is worth."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

import numpy as np

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.intervals import Array, Interval, difference
from groundsel_pipelines.evaluating.relevance import FIRST, score
from groundsel_pipelines.evaluating.retrieving import Found
from groundsel_pipelines.protocols import Fusion, WeightedFusion

WEIGHTS: Final = tuple(round(0.1 * step, 1) for step in range(1, 10))  # of the lexical leg
FOLDS: Final = 5
FEWEST: Final = 40  # questions: eight a fold are the fewest that a choice can be tried on
SEED: Final = 20

Choice = tuple[str, float]
"""A fusion by its name, and the weight of the lexical leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What was chosen, and what choosing like this gains on questions that were not looked at."""

    choice: Choice
    before: Choice
    gain: Interval  # nDCG@10 over `before`, out of fold
    folds: Mapping[str, int]  # how often each choice was made in the outer folds
    scores: Mapping[str, float]  # mean nDCG@10 of every choice, over all questions: in fold

    @property
    def wins(self) -> bool:
        """Whether even the lower end of the interval is a gain."""
        return self.choice != self.before and self.gain.low > 0


def tune_fusion(
    found: Sequence[Found],
    doc_ids: Mapping[str, str],
    fusions: Mapping[str, WeightedFusion],
    *,
    before: Choice,
    told: Callable[[str, int, int | None], None],
) -> Tuned:
    """Choose among all fusions and weights.

    The choice is made anew on four fifths of the questions, and counts on the last fifth, five times over: so that the
    gain is not that of the luckiest of many choices (Cawley and Talbot 2010).

    Raises:
        InvalidInput: there are too few questions.

    """
    if len(found) < FEWEST:
        raise InvalidInput(f"{len(found)} judged questions are too few to fit a fusion; at least {FEWEST} are needed")
    choices = [(name, weight) for name in fusions for weight in WEIGHTS]
    if before not in choices:
        choices.append(before)
    rows: list[list[float]] = []
    for done, (name, weight) in enumerate(choices, start=1):
        fusion: Fusion = partial(fusions[name], weight=weight)
        measured = score(found, doc_ids, {"fused": fusion}, measures=(FIRST,))
        rows.append(list(measured["fused"][FIRST].values()))
        told("fitting", done, len(choices))
    return chosen(choices, np.array(rows), before=before)


def chosen(choices: Sequence[Choice], scores: Array, *, before: Choice) -> Tuned:
    """Choose by scores of shape (choices, questions)."""
    current = choices.index(before)
    out_of_fold = np.empty(scores.shape[1])
    picked: Counter[str] = Counter()
    for fold in folds(scores.shape[1]):
        rest = np.setdiff1d(np.arange(scores.shape[1]), fold)
        best = best_of(scores[:, rest], current)
        out_of_fold[fold] = scores[best, fold]
        picked[shown(choices[best])] += 1
    return Tuned(
        choice=choices[best_of(scores, current)],
        before=before,
        gain=difference(out_of_fold, scores[current]),
        folds=dict(picked.most_common()),
        scores={shown(choice): float(mean) for choice, mean in zip(choices, scores.mean(axis=1), strict=True)},
    )


def best_of(scores: Array, current: int) -> int:
    """Give the choice with the highest mean; the current one where it is as good."""
    means = scores.mean(axis=1)
    best = int(means.argmax())
    return current if means[current] >= means[best] else best


def folds(count: int) -> list[list[int]]:
    """Part the questions at random, the same way each time."""
    order = list(range(count))
    Random(SEED).shuffle(order)  # noqa: S311 - reproducible, not secret
    return [order[start::FOLDS] for start in range(FOLDS)]


def shown(choice: Choice) -> str:
    return f"{choice[0]}, weight {choice[1]}"
