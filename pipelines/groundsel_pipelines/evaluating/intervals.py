"""How sure a figure is: 95 % intervals of means and of paired differences, by resampling the questions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 2000
PART: Final = 100  # of them at a time
SEED: Final = 20  # any; fixed, so that the same questions give the same interval
FEWEST: Final = 2  # of which a spread can be seen

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean over questions with the ends of its interval."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def mean_interval(values: Sequence[float] | Array) -> Interval:
    """Give the mean and its expanded percentile bootstrap interval (Efron 1979; Hesterberg 2015, section 5.3).

    The plain percentile interval is too narrow for few values; expanding the percentiles to what a t interval would
    have covered mends that. Without values all is NaN.
    """
    given = np.asarray(values, np.float64)
    count = len(given)
    if count < FEWEST:
        mean = float(given.mean()) if count else math.nan
        return Interval(mean=mean, low=mean, high=mean, count=count)
    tail = NormalDist().cdf(-math.sqrt(count / (count - 1)) * t_quantile(1 - (1 - CONFIDENCE) / 2, count - 1))
    low, high = np.quantile(resampled_means(given), (tail, 1 - tail))
    return Interval(mean=float(given.mean()), low=float(low), high=float(high), count=count)


def difference(new: Sequence[float] | Array, old: Sequence[float] | Array) -> Interval:
    """Give the mean difference over the same questions in the same order, with its interval."""
    return mean_interval(np.asarray(new, np.float64) - np.asarray(old, np.float64))


def resampled_means(values: Array) -> Array:
    """Draw as many values as there are, with replacement, again and again."""
    numbers = np.random.default_rng(SEED)
    # In parts, as all resamples of a thousand questions at once take 16 MB
    parts = (numbers.integers(0, len(values), (PART, len(values))) for _ in range(RESAMPLES // PART))
    return np.concatenate([values[part].mean(axis=1) for part in parts])


def t_quantile(probability: float, freedom: int) -> float:
    """Give a quantile of Student's t by its expansion in 1/freedom (Abramowitz and Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))


def together(intervals: Sequence[Interval]) -> Interval:
    """Give the mean over independent sets, each counting the same; the parts on either side add up as squares do."""
    mean = math.fsum(each.mean for each in intervals) / len(intervals)
    below = math.hypot(*(each.mean - each.low for each in intervals)) / len(intervals)
    above = math.hypot(*(each.high - each.mean for each in intervals)) / len(intervals)
    return Interval(mean=mean, low=mean - below, high=mean + above, count=sum(each.count for each in intervals))


def needed(of: Interval, margin: float) -> int:
    """Give about how many questions would make the interval reach no further than `margin` from its mean."""
    half = (of.high - of.low) / 2
    return math.ceil(of.count * (half / margin) ** 2)
