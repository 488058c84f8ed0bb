"""Documents that say nearly the same: found by the passages that a search shows of them."""

from collections.abc import Mapping
from typing import Final

from groundsel_pipelines.types import Passage, Ranking
from groundsel_pipelines.words import WORD, fold

SHINGLE: Final = 4  # words that stand together (Broder 1997)
ALIKE: Final = 0.8  # of the shingles of both, shared: another date or name in a paragraph, no other paragraph

Shingles = frozenset[tuple[str, ...]]


def collapsed(documents: Ranking) -> tuple[Ranking, Mapping[str, tuple[str, ...]]]:
    """Keep the first of documents that are nearly the same, and say which others each stands for, by its doc_id.

    What comes later never changes what stands before: pages stay as they were.
    """
    kept: list[tuple[str, Shingles]] = []
    holding: dict[tuple[str, ...], list[int]] = {}  # shingle -> positions in `kept`
    same: dict[str, tuple[str, ...]] = {}
    first = []
    for hit in documents:
        mine = shingles(hit.passage)
        near = {position for shingle in mine for position in holding.get(shingle, ())}
        twin = next((kept[at][0] for at in sorted(near) if alike(mine, kept[at][1])), None)
        if twin:
            same[twin] = (*same.get(twin, ()), hit.passage.doc_id)
            continue
        for shingle in mine:
            holding.setdefault(shingle, []).append(len(kept))
        kept.append((hit.passage.doc_id, mine))
        first.append(hit)
    return tuple(first), same


def shingles(passage: Passage) -> Shingles:
    words = WORD.findall(fold(passage.text))
    if len(words) < SHINGLE:
        return frozenset({tuple(words)})
    return frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def alike(one: Shingles, other: Shingles) -> bool:
    """Compare by the Jaccard index."""
    return len(one & other) >= ALIKE * len(one | other)
