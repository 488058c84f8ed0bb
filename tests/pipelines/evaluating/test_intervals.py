"""Intervals cover what they say they cover, and the same values give the same interval."""

import math

import numpy as np
import pytest

from groundsel_pipelines.evaluating.intervals import Interval, difference, mean_interval, needed, t_quantile, together

RUNS = 400


def scores(numbers: np.random.Generator, count: int) -> np.ndarray:
    """Draw scores as nDCG@10 has them: many ones, some zeros, the rest between."""
    kinds = numbers.random(count)
    return np.where(kinds < 0.2, 0.0, np.where(kinds < 0.6, 1.0, numbers.random(count)))


def test_quantiles_of_t_are_those_of_the_tables() -> None:
    assert t_quantile(0.975, 9) == pytest.approx(2.262, abs=0.01)
    assert t_quantile(0.975, 29) == pytest.approx(2.045, abs=0.001)
    assert t_quantile(0.975, 999) == pytest.approx(1.962, abs=0.001)


@pytest.mark.parametrize("count", [30, 60, 200])
def test_two_runs_of_the_same_quality_differ_significantly_in_about_five_per_cent(count: int) -> None:
    numbers = np.random.default_rng(count)
    significant = sum(difference(scores(numbers, count), scores(numbers, count)).excludes_zero for _ in range(RUNS))

    # Three standard deviations of a binomial around .05 at 400 runs: .033
    assert 0.017 <= significant / RUNS <= 0.083


def test_a_real_difference_is_seen() -> None:
    numbers = np.random.default_rng(1)
    old = scores(numbers, 200)

    found = difference(np.minimum(old + 0.1, 1.0), old)

    assert found.low > 0
    assert found.low < found.mean < found.high


def test_a_run_against_itself_differs_by_nothing() -> None:
    values = [0.1, 0.5, 1.0, 0.0]

    assert difference(values, values) == Interval(mean=0.0, low=0.0, high=0.0, count=4)


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(2).random(50)

    assert mean_interval(values) == mean_interval(values.tolist())


def test_one_value_has_no_spread_and_none_has_no_mean() -> None:
    assert mean_interval([0.7]) == Interval(mean=0.7, low=0.7, high=0.7, count=1)
    assert math.isnan(mean_interval([]).mean)


def test_several_sets_together_are_surer_than_each() -> None:
    one = Interval(mean=0.2, low=0.1, high=0.4, count=50)
    other = Interval(mean=0.4, low=0.4, high=0.4, count=30)

    both = together([one, other])

    assert both.mean == pytest.approx(0.3)
    assert both.low == pytest.approx(0.3 - 0.1 / 2)
    assert both.high == pytest.approx(0.3 + 0.2 / 2)
    assert both.count == 50 + 30


def test_four_times_the_questions_halve_an_interval() -> None:
    assert needed(Interval(mean=0.0, low=-0.04, high=0.04, count=50), 0.02) == 200
