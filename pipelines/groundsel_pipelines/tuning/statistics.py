"""Figures that are no mean over rows, as one number a row all the same: jackknife pseudo-values.

Their mean is the figure and their variance its own (DeLong et al. 1988 for the area), so that one bootstrap serves all
and two models are compared row by row.
"""

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.evaluating.intervals import Interval, difference, mean_interval

Array = npt.NDArray[np.float64]


def interval_of(values: Array) -> Interval:
    """Give the mean over the rows that count."""
    return mean_interval(values[~np.isnan(values)])


def gain_of(new: Array, old: Array) -> Interval:
    """Give the mean difference over the rows that count for both."""
    both = ~np.isnan(new) & ~np.isnan(old)
    return difference(new[both], old[both])


def balanced(right: npt.NDArray[np.bool_], classes: npt.NDArray[np.int_]) -> Array:
    """Give pseudo-values of the mean accuracy over the classes."""
    kinds, sizes = np.unique(classes, return_counts=True)
    shares = {kind: right[classes == kind].mean() for kind in kinds}
    mean = float(np.mean(list(shares.values())))
    size = dict(zip(kinds, sizes, strict=True))
    count, of = len(right), len(kinds)
    return np.array(
        [
            mean + (float(hit) - shares[kind]) * count / (of * size[kind])
            for hit, kind in zip(right, classes, strict=True)
        ]
    )


def area(scores: Array, positive: npt.NDArray[np.bool_]) -> Array:
    """Give pseudo-values of the area under the ROC curve: how often a positive scores above a negative, ties half."""
    above, below = scores[positive], np.sort(scores[~positive])
    up = np.searchsorted(below, above, side="left") + np.searchsorted(below, above, side="right")
    highs = np.sort(above)
    down = np.searchsorted(highs, scores[~positive], side="left") + np.searchsorted(
        highs, scores[~positive], side="right"
    )
    of_positives, of_negatives = up / (2 * len(below)), 1 - down / (2 * len(above))
    mean, count = float(of_positives.mean()), len(scores)
    values = np.empty(count)
    values[positive] = mean + (of_positives - mean) * count / len(above)
    values[~positive] = mean + (of_negatives - mean) * count / len(below)
    return values
