"""Drafts of the next tokens: what followed where the last ones stood before, as answers copy (Saxena 2023)."""

from collections.abc import Sequence
from typing import Final

ALIKE: Final = 2  # tokens that must have been there before
# Drafted at once: twice as many each time that all were right. A step that checks two costs a quarter more, one that
# checks eight twice as much as one of a token; from four on it is worth more than what is written of several together
SHORTEST, LONG, LONGEST = 2, 4, 8


def drafted(tokens: Sequence[int], longest: int) -> Sequence[int]:
    """Give what followed where the last tokens stood before, at the latest such place; nothing, if they are new."""
    last = tokens[-ALIKE:]
    for start in range(len(tokens) - ALIKE - 1, -1, -1):
        if tokens[start : start + ALIKE] == last:
            return tokens[start + ALIKE : start + ALIKE + longest]
    return ()
