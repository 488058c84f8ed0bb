"""A fusion is chosen only where it wins on questions that the choice did not look at."""

import numpy as np
import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.tuning import chosen, folds, tune_fusion
from groundsel_pipelines.fusion import min_max_linear

CHOICES = [("minmax", 0.5), *((f"rival{number}", 0.5) for number in range(40))]


def test_what_is_better_on_every_question_is_chosen_and_wins() -> None:
    scores = np.full((len(CHOICES), 100), 0.5)
    scores[7] = 0.6

    tuned = chosen(CHOICES, scores, before=CHOICES[0])

    assert tuned.choice == CHOICES[7]
    assert tuned.gain.low == pytest.approx(0.1)
    assert tuned.wins


def test_the_luckiest_of_many_equal_choices_does_not_win() -> None:
    scores = np.random.default_rng(4).random((len(CHOICES), 100))

    tuned = chosen(CHOICES, scores, before=CHOICES[0])

    assert max(tuned.scores.values()) > tuned.scores["minmax, weight 0.5"] + 0.02  # it looks better in fold
    assert not tuned.wins


def test_the_current_choice_stays_where_others_are_only_as_good() -> None:
    tuned = chosen(CHOICES, np.full((len(CHOICES), 100), 0.5), before=CHOICES[0])

    assert tuned.choice == CHOICES[0]
    assert not tuned.wins


def test_every_question_counts_in_exactly_one_fold() -> None:
    assert sorted(index for fold in folds(43) for index in fold) == list(range(43))


def test_too_few_questions_are_refused() -> None:
    with pytest.raises(InvalidInput, match="0 judged questions are too few"):
        tune_fusion([], {}, {"minmax": min_max_linear}, before=("minmax", 0.5), told=lambda *_: None)
