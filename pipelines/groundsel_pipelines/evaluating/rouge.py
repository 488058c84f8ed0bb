"""ROUGE: how many of the words, pairs of words, or words in order of a reference a summary has (Lin 2004), as F1."""

import re
from collections import Counter
from collections.abc import Sequence

WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Give the words in lower case, not stemmed."""
    return WORD.findall(text.lower())


def rouge_n(summary: str, reference: str, n: int) -> float:
    ours, theirs = (Counter(zip(*(words(text)[at:] for at in range(n)), strict=False)) for text in (summary, reference))
    return f1((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(summary: str, reference: str) -> float:
    """Give the F1 of the longest common subsequence over the whole text, as ROUGE-L does without sentences."""
    ours, theirs = words(summary), words(reference)
    return f1(common_subsequence(ours, theirs), len(ours), len(theirs))


def common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Give the length of the longest common subsequence (Wagner and Fischer 1974)."""
    lengths = [0] * (len(second) + 1)
    for item in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = lengths[column]
            lengths[column] = diagonal + 1 if item == other else max(above, lengths[column - 1])
            diagonal = above
    return lengths[-1]


def f1(common: int, ours: int, theirs: int) -> float:
    return 2 * common / (ours + theirs) if ours + theirs else 0.0
