"""A plan is its parts: the words that are ranked by follow from them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from groundsel_pipelines.types import PlanPart, QueryPlan
from groundsel_pipelines.words import WORD


def with_parts(plan: QueryPlan, further: Iterable[PlanPart], undone: frozenset[str]) -> QueryPlan:
    """Add parts, but for those that are undone, and write the words anew."""
    added = [part for part in further if part.part_id not in undone]
    parts = tuple(sorted([*plan.parts, *added], key=lambda part: part.start))
    return replace(plan, parts=parts, words=worded(plan.text, parts))


def worded(text: str, parts: Iterable[PlanPart]) -> str:
    """Write what is ranked by: the question, every applied part replaced by the words that it leaves."""
    pieces: list[str] = []
    last = 0
    for part in parts:
        if part.applied:
            pieces += [text[last : part.start], " ", words_left(part), " "]
            last = part.end
    return " ".join("".join([*pieces, text[last:]]).split())


def words_left(part: PlanPart) -> str:
    match part.kind:
        case "phrase":
            return part.becomes.strip('"')
        case "correction":
            return part.becomes
        case "expansion":
            return f"{part.text} {part.becomes}"
        case _:
            return ""


def free_words(plan: QueryPlan) -> Iterator[tuple[int, int, str]]:
    """Give the words that no part claims, as (start, end, word); hyphens part words, as in the index."""
    for found in WORD.finditer(plan.text):
        if not any(part.start < found.end() and found.start() < part.end for part in plan.parts):
            yield found.start(), found.end(), found.group()
