"""Documents that say nearly the same: found by the passages that a search shows of them."""

from collections.abc import Mapping
from heapq import nsmallest
from typing import Final

import numpy as np

from groundsel_pipelines.types import Hit, Ranking
from groundsel_pipelines.words import fold

SHINGLE: Final = 16  # letters and digits that follow one another, about three words (Broder 1997); a power of two
ALIKE: Final = 0.8  # of the shingles of both, shared: another date or name in a paragraph, no other paragraph
SKETCH: Final = 128  # shingles kept of a text: a share of .8 of them is off by .035 (one standard deviation)
MARKS: Final = bytes(code for code in range(128) if not chr(code).isalnum())
STEP: Final = 0x9E3779B97F4A7C15  # odd, with its ones well spread (Knuth, TAOCP 6.4)

Sketch = frozenset[int]
"""The smallest of the hashes of a text's shingles, 64 bits each: two that differ are as good as never the same."""


def collapsed(documents: Ranking, wanted: int) -> tuple[Ranking, Mapping[str, tuple[str, ...]]]:
    """Keep the first `wanted` that are not nearly the same, and say which others each stands for, by its doc_id.

    What comes later never changes what stands before: pages stay as they were.
    """
    kept: list[Sketch] = []
    held: set[int] = set()  # by any of them
    first: list[Hit] = []
    same: dict[str, tuple[str, ...]] = {}
    for hit in documents:
        mine = sketch(hit.passage.text)
        compared = () if mine.isdisjoint(held) else enumerate(kept)
        twin = next((at for at, other in compared if alike(mine, other)), None)
        if twin is not None:
            doc_id = first[twin].passage.doc_id
            same[doc_id] = (*same.get(doc_id, ()), hit.passage.doc_id)
        elif len(first) < wanted:
            kept.append(mine)
            held |= mine
            first.append(hit)
    return tuple(first), same


def sketch(text: str) -> Sketch:
    """Give a text's bottom-k sketch (Broder 1997; Cohen and Kaplan 2007) over its letters and digits alone.

    Marks and spaces are passed over: those of lists and tables differ between a file's formats.
    """
    hashes = np.frombuffer(letters(text), np.uint8).astype(np.uint64)
    width = 1
    while width < SHINGLE and len(hashes) > width:  # runs of twice the width, from two that touch
        hashes = hashes[:-width] * np.uint64(pow(STEP, width, 1 << 64)) + hashes[width:]
        width *= 2
    hashes ^= hashes >> np.uint64(32)
    ordered = np.sort(hashes * np.uint64(STEP))
    repeated = ordered[1:] == ordered[:-1]  # np.unique tells as much, in three times the time
    return frozenset([*ordered[:1].tolist(), *ordered[1:][~repeated][: SKETCH - 1].tolist()])


def letters(text: str) -> bytes:
    folded = fold(text)
    if folded.isascii():
        return folded.encode("ascii").translate(None, MARKS)
    return "".join(filter(str.isalnum, folded)).encode()


def alike(one: Sketch, other: Sketch) -> bool:
    """Compare by the Jaccard index: of the shingles of both, or as many of the smallest as a sketch holds."""
    shared = one & other
    if len(shared) < ALIKE * max(len(one), len(other)):
        return False
    smallest = nsmallest(SKETCH, one | other)
    return len(shared.intersection(smallest)) >= ALIKE * len(smallest)
