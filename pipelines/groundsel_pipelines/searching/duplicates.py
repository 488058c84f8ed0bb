"""Documents that say nearly the same: found by the passages that a search shows of them."""

from collections import Counter
from collections.abc import Mapping
from itertools import chain
from typing import Final

import numpy as np

from groundsel_pipelines.types import Ranking
from groundsel_pipelines.words import WORD, fold

SHINGLE: Final = 4  # words that stand together (Broder 1997)
ALIKE: Final = 0.8  # of the shingles of both, shared: another date or name in a paragraph, no other paragraph
STEP: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, with its ones well spread (Knuth, TAOCP 6.4)

Shingles = frozenset[int]
"""Hashes of 64 bits, of this process alone: two that differ are as good as never the same."""


def collapsed(documents: Ranking) -> tuple[Ranking, Mapping[str, tuple[str, ...]]]:
    """Keep the first of documents that are nearly the same, and say which others each stands for, by its doc_id.

    What comes later never changes what stands before: pages stay as they were.
    """
    every = [shingles(hit.passage.text) for hit in documents]
    holders = Counter(chain.from_iterable(every))
    kept: list[tuple[str, Shingles]] = []
    holding: dict[int, list[int]] = {}  # shingle of several -> positions in `kept`
    same: dict[str, tuple[str, ...]] = {}
    first = []
    for hit, mine in zip(documents, every, strict=True):
        shared = [shingle for shingle in mine if holders[shingle] > 1]
        near = {position for shingle in shared for position in holding.get(shingle, ())}
        twin = next((kept[at][0] for at in sorted(near) if alike(mine, kept[at][1])), None)
        if twin:
            same[twin] = (*same.get(twin, ()), hit.passage.doc_id)
            continue
        for shingle in shared:
            holding.setdefault(shingle, []).append(len(kept))
        kept.append((hit.passage.doc_id, mine))
        first.append(hit)
    return tuple(first), same


def shingles(text: str) -> Shingles:
    """Hash each run of four words; a text of fewer is one run."""
    words = WORD.findall(fold(text))
    if len(words) < SHINGLE:
        return frozenset({hash(tuple(words))})
    hashes = np.fromiter(map(hash, words), np.int64, len(words)).view(np.uint64)
    runs = np.zeros(len(words) - SHINGLE + 1, np.uint64)
    for place in range(SHINGLE):
        runs = runs * STEP + hashes[place : place + len(runs)]
    return frozenset(runs.tolist())


def alike(one: Shingles, other: Shingles) -> bool:
    """Compare by the Jaccard index."""
    return len(one & other) >= ALIKE * len(one | other)
