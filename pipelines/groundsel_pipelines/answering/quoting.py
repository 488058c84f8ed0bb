"""Quoting: which of the evidence to show verbatim, and how a row of a table reads on its own."""

import re
from collections.abc import Sequence

from groundsel_pipelines.answering.evidence import Evidence, Place
from groundsel_pipelines.words import words

MOST_QUOTES = 3
BULLET = re.compile(r"^[-*•●–]\s+")
QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)
CLOSE_BEHIND = 0.9  # of the best score: so near that it may well be the one that answers
LEANING = frozenset(
    "it this that these those they he she its their such both however otherwise also il elle ils elles ce cela cette "
    "ces dies diese dieser dieses das er sie es sonst".split()
)  # a sentence that begins so says little without the one before


def choose(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Choose the best sentence, and those that belong with it: what it leans on, what follows "as follows:".

    `evidence` is ordered best first; the choice is in reading order, all from one document.
    """
    best = evidence[0]
    near = sorted(
        (each for each in evidence if each.place.document.doc_id == best.place.document.doc_id),
        key=lambda each: each.place.start,
    )
    position = near.index(best)
    chosen = [best]
    if position and leans(best.place) and adjacent(near[position - 1].place, best.place):
        chosen.insert(0, near[position - 1])
    following = near[position + 1 : position + MOST_QUOTES]
    for each in following:
        if len(chosen) < MOST_QUOTES and adjacent(chosen[-1].place, each.place) and goes_on(best, each):
            chosen.append(each)
        else:
            break
    return tuple(chosen)


def goes_on(best: Evidence, following: Evidence) -> bool:
    """Say whether the following sentence belongs to the best one: announced by a colon, or close behind it."""
    if best.place.text.rstrip().endswith(":"):
        return True
    return following.place.kind == best.place.kind == "paragraph" and following.score >= CLOSE_BEHIND * best.score


def leans(place: Place) -> bool:
    found = words(place.text, place.passage.language)
    first = place.text[found[0].start : found[0].end].lower() if found else ""
    return place.kind == "paragraph" and first in LEANING


def adjacent(first: Place, second: Place) -> bool:
    return not first.document.text[first.end : second.start].strip()


def readable(place: Place) -> str:
    """Give the sentence without the marks of a list or of a quoted mail, a table's row with its columns' names."""
    text = QUOTED.sub("", place.text)
    header = place.context.rpartition("\n")[2]
    names, cells = header.split(" | "), place.text.split(" | ")
    if place.kind == "list":
        return BULLET.sub("", text)
    if place.kind != "table" or len(names) != len(cells) or len(cells) == 1:
        return text
    return "; ".join(f"{name}: {cell}" for name, cell in zip(names, cells, strict=True))
