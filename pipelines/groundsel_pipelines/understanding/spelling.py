"""Misspelt words: what the documents that the asker may see do not hold, and the word of theirs that is nearest.

A noisy channel (Kernighan, Church and Gale 1990) with two terms only: how many documents hold a word, and how many
edits away it is (optimal string alignment: a swap of neighbours is one).
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from groundsel_pipelines.types import PlanPart, QueryPlan, Vocabulary
from groundsel_pipelines.understanding.planning import free_words
from groundsel_pipelines.words import ASKING, LANGUAGES, fold, stem

SHORTEST: Final = 4  # letters: of three, every word has a dozen neighbours
TWO_EDITS: Final = 7  # letters, from where on two edits are forgiven
EDIT_COST: Final = 4.0  # of one edit, in powers of e: one edit less outweighs 50 times the documents
FIRST_COST: Final = 1.5  # the first letter is seldom wrong (Yannakoudakis and Fawthrop 1983)
DOUBT: Final = 2.0  # of the costs of two words, up to where the second is offered, too
SAME_BEGINNING: Final = 3  # letters that words of one stem share


def corrections(plan: QueryPlan, vocabulary: Vocabulary) -> tuple[PlanPart, ...]:
    """Give a correction for each word of the question that no visible document holds, where one is near."""
    if not vocabulary.words:
        return ()
    speller = speller_of(vocabulary)
    return tuple(part for start, end, word in free_words(plan) for part in speller.correction(start, end, word))


@lru_cache(maxsize=8)
def speller_of(vocabulary: Vocabulary) -> "Speller":
    return Speller(vocabulary)


class Speller:
    """One vocabulary, made ready to be looked things up in."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.documents: dict[str, int] = {}  # by folded word
        written: dict[str, tuple[int, str]] = {}
        for word, count in vocabulary.words.items():
            folded = fold(word)
            self.documents[folded] = self.documents.get(folded, 0) + count
            written[folded] = max(written.get(folded, (0, "")), (count, word))
        self.written = {folded: word for folded, (_, word) in written.items()}
        self.sorted = sorted(self.documents)

    def correction(self, start: int, end: int, word: str) -> Iterator[PlanPart]:
        """Give the best correction, and offer the next best where it is as near."""
        folded = fold(word)
        if not word.isalpha() or word.isupper() or len(word) < SHORTEST or self.knows(folded):
            return
        best = self.nearest(folded)[:2]
        for rank, (cost, other) in enumerate(best):
            if rank == 0 or cost - best[0][0] <= DOUBT:
                yield PlanPart(
                    kind="correction", start=start, end=end, text=word, becomes=self.written[other], applied=rank == 0
                )

    def knows(self, folded: str) -> bool:
        """Say whether documents hold the word, in this or another form, or everybody knows it."""
        if folded in self.documents or is_common(folded):
            return True
        begin = folded[:SAME_BEGINNING]
        ours = {(language, stem(folded, language)) for language in LANGUAGES}
        for position in range(bisect_left(self.sorted, begin), len(self.sorted)):
            known = self.sorted[position]
            if not known.startswith(begin):
                return False
            if any(stem(known, language) == stemmed for language, stemmed in ours):
                return True
        return False

    def nearest(self, folded: str) -> list[tuple[float, str]]:
        """Give (cost, word) of the words near enough, the likeliest first."""
        most = 1 if len(folded) < TWO_EDITS else 2
        found = process.extract(folded, self.sorted, scorer=OSA.distance, score_cutoff=most, limit=None)
        return sorted(
            (EDIT_COST * edits + FIRST_COST * (word[0] != folded[0]) - math.log(self.documents[word]), word)
            for word, edits, _ in found
            if len(word) >= SHORTEST - 1
        )


@lru_cache(maxsize=10_000)
def is_common(folded: str) -> bool:
    """Say whether it is a stop word or a word that only asks, in any language."""
    return any(not stem(folded, language) for language in LANGUAGES) or any(folded in idle for idle in ASKING.values())
