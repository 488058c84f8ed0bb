"""Which of the texts that could complete what is typed are shown, and in which order."""

from collections.abc import Iterable
from typing import Final

from groundsel_pipelines.types import CompletionKind, Suggestion
from groundsel_pipelines.words import fold

KINDS: Final[tuple[CompletionKind, ...]] = ("query", "title", "heading", "phrase")
CANDIDATES: Final = 60  # documents looked at: a few times what is shown, as several share a heading
LONGEST_BEGINNING: Final = 24  # characters of what is typed that are looked up; the rest is compared afterwards


def ranked(found: Iterable[Suggestion], begin: str, limit: int) -> tuple[Suggestion, ...]:
    """Keep those in which a word begins with `begin`: those that begin with it first, then by kind, then the shortest.

    Args:
        found: candidates, each with its folded text.
        begin: folded.
        limit: how many.

    """
    fitting = [each for each in found if f" {begin}" in f" {each.folded}"]
    fitting.sort(
        key=lambda each: (
            not each.folded.startswith(begin),
            KINDS.index(each.kind),
            len(each.text),
            each.text,
            each.doc_id,
        )
    )
    first: dict[str, Suggestion] = {}
    for each in fitting:
        first.setdefault(each.folded, each)
    return tuple(first.values())[:limit]


def suggestion(text: str, kind: CompletionKind, doc_id: str = "") -> Suggestion:
    """Make a suggestion; only a title leads to its document."""
    return Suggestion(text=text, kind=kind, folded=fold(text), doc_id=doc_id if kind == "title" else "")


def beginnings(texts: Iterable[str]) -> tuple[str, ...]:
    """Give each folded text from where each of its words begins: what a prefix is looked up in."""
    found: dict[str, None] = {}
    for text in map(fold, texts):
        starts = [0, *(position + 1 for position, character in enumerate(text) if character == " ")]
        found.update(dict.fromkeys(text[start : start + LONGEST_BEGINNING] for start in starts))
    return tuple(beginning for beginning in found if beginning)
