"""Makes of one reader row several: the passage cut to a window, and without the sentence that answers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from groundsel_pipelines.tuning.rows import ReaderRow

WORD: Final = re.compile(r"\S+")
SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])")
SHORT: Final = (25, 90)  # words: two to five sentences, as the evidence of an answer is
LONG: Final = 180  # words: what a passage of the store holds at most
SHARE_SHORT: Final = 0.6  # of the rows; the others keep their passage, so that the reader learns to look far
SHARE_REMOVED: Final = 0.15  # of the answerable rows, once more without their answer
FEWEST_LEFT: Final = 12  # words; with fewer there is nothing to be wrong about


def vary(rows: Iterable[ReaderRow], numbers: Random) -> Iterator[ReaderRow]:
    """Cut every passage, and add near misses; the answers keep their place."""
    for row in rows:
        words = numbers.randint(*SHORT) if numbers.random() < SHARE_SHORT else LONG
        cut = window(row, words, numbers)
        yield cut
        if row.answerable and numbers.random() < SHARE_REMOVED:
            missing = without_answer(row)
            if missing is not None:
                yield window(missing, words, numbers)


def window(row: ReaderRow, words: int, numbers: Random) -> ReaderRow:
    """Cut the passage to about `words` words, with its answer inside at a random place."""
    places = [match.span() for match in WORD.finditer(row.passage)]
    if len(places) <= words:
        return row
    first, last = 0, len(places) - 1  # of the words that must stay
    if row.start >= 0:
        end = row.start + len(row.answers[0])
        inside = [index for index, (begin, stop) in enumerate(places) if stop > row.start and begin < end]
        first, last = inside[0], inside[-1]
        if last - first + 1 >= words:
            return row
        lowest, highest = max(0, last - words + 1), min(first, len(places) - words)
    else:
        lowest, highest = 0, len(places) - words
    chosen = numbers.randint(lowest, highest)
    begin, stop = places[chosen][0], places[chosen + words - 1][1]
    return replace(row, passage=row.passage[begin:stop], start=row.start - begin if row.start >= 0 else -1)


def without_answer(row: ReaderRow) -> ReaderRow | None:
    """Take away the sentences that hold the answer's words; None where too little is left to be a near miss."""
    answer = row.answers[0].lower()
    left = " ".join(each for each in SENTENCE_END.split(row.passage) if answer not in each.lower())
    if answer in left.lower() or len(WORD.findall(left)) < FEWEST_LEFT:
        return None
    return replace(row, id=f"{row.id}-removed", passage=left, answers=(), start=-1, answerable=False)
