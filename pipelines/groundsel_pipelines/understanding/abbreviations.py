"""Abbreviations and what they stand for, as documents explain them: "service level agreement (SLA)", or the other way.

The algorithm is Schwartz and Hearst's (A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text,
2003): from the right, every letter of the short form must stand in the long one, the first at the start of a word.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

SHORT: Final = re.compile(r"[A-Z][A-Za-z0-9&-]{1,9}")
IN_BRACKETS: Final = re.compile(r"\(([^()\n]{2,80})\)")
BORDERS: Final = ".,;:!?()\n"  # that no long form reaches across
REACH: Final = 120  # characters before a bracket that are looked at
LEAST_CAPITALS: Final = 2  # "e.g." and "(Monday)" are no abbreviations


def abbreviations(texts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Give (short, long) of every abbreviation that a text explains; the long form in lower case."""
    return frozenset(pair for text in texts for pair in _explained(text))


def _explained(text: str) -> Iterator[tuple[str, str]]:
    for found in IN_BRACKETS.finditer(text):
        inside = found[1].strip()
        before = text[max(0, found.start() - REACH) : found.start()]
        words = before[max(map(before.rfind, BORDERS)) + 1 :].split()
        if is_short(inside):
            near = words[-min(len(inside) + 5, 2 * len(inside)) :]  # as far as the paper looks
            short, candidate = inside, " ".join(near)
        elif words and is_short(words[-1]):
            short, candidate = words[-1], inside
        else:
            continue
        if long := long_form(short, candidate):
            yield short, long.lower()


def is_short(text: str) -> bool:
    return bool(SHORT.fullmatch(text)) and sum(character.isupper() for character in text) >= LEAST_CAPITALS


def long_form(short: str, candidate: str) -> str:
    """Give the shortest end of `candidate` that `short` may stand for, or nothing."""
    at = len(candidate)
    letters = [letter.lower() for letter in short if letter.isalnum()]
    for position, letter in reversed(list(enumerate(letters))):
        at -= 1
        while at >= 0 and (
            candidate[at].lower() != letter or (position == 0 and at > 0 and candidate[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
    found = candidate[at:]
    return found if len(found.split()) > 1 and short.lower() not in found.lower().split() else ""
