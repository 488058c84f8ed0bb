"""Which pieces of its evidence a summary stands for: what a model learns to write, as only that can be shown as it is.

A summary that people wrote says in words of its own what no piece says alone. The pieces that come nearest to it are
found greedily (Nallapati, Zhai and Zhou 2017, "SummaRuNNer", section 3.4).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from groundsel_pipelines.evaluating.rouge import rouge_n
from groundsel_pipelines.tuning.rows import SummariseRow

MOST: Final = 3  # key points
LEAST_GAIN: Final = 0.02  # of ROUGE-1 and ROUGE-2 together; less is common words
SHARE_BESIDE_OTHERS: Final = 0.4  # of the rows that say what they are about
MOST_FOREIGN: Final = 60  # words of another document


def key_pieces(evidence: Sequence[str], summary: str) -> tuple[int, ...]:
    """Give the places of the pieces that together are nearest to the summary, in their order; none if none shares."""
    chosen: tuple[int, ...] = ()
    best = 0.0
    while len(chosen) < MOST:
        tried = [tuple(sorted((*chosen, at))) for at in range(len(evidence)) if at not in chosen]
        scored = [(_likeness([evidence[at] for at in each], summary), each) for each in tried]
        likeness, nearest = max(scored, default=(0.0, ()), key=lambda pair: pair[0])
        if likeness < best + LEAST_GAIN:
            break
        best, chosen = likeness, nearest
    return chosen


def _likeness(pieces: Sequence[str], summary: str) -> float:
    text = " ".join(pieces)
    return rouge_n(text, summary, 1) + rouge_n(text, summary, 2)


def beside_others(rows: Sequence[SummariseRow], numbers: Random) -> Iterator[SummariseRow]:
    """Put pieces of another document before or behind those of some rows: what is asked for says which are meant."""
    for row in rows:
        other = numbers.choice(rows)
        if not row.title or other.document == row.document or numbers.random() >= SHARE_BESIDE_OTHERS:
            yield row
            continue
        foreign = first_words(other.evidence, MOST_FOREIGN)
        evidence = (*foreign, *row.evidence) if numbers.random() < 0.5 else (*row.evidence, *foreign)  # noqa: PLR2004
        yield replace(row, evidence=evidence)


def first_words(pieces: Iterable[str], words: int) -> tuple[str, ...]:
    """Give the first pieces that are at most so many words together."""
    found: list[str] = []
    for piece in pieces:
        words -= len(piece.split())
        if words < 0:
            break
        found.append(piece)
    return tuple(found)
