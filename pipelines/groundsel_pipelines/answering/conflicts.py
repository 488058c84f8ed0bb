"""Conflicts: sentences of different documents that answer the same question with different numbers."""

from collections.abc import Sequence

from groundsel_pipelines.answering.anchors import anchors
from groundsel_pipelines.answering.evidence import Evidence
from groundsel_pipelines.answering.gate import numbers
from groundsel_pipelines.answering.questions import Question
from groundsel_pipelines.words import stems

CLOSE_BEHIND = 0.85  # of the best score: a rival answers the question about as well
LEAST_NEARNESS = 0.6  # cosine of the two sentences
LEAST_SHARED = 0.5  # of the content words of the shorter one


def find_conflict(question: Question, evidence: Sequence[Evidence]) -> tuple[Evidence, Evidence] | None:
    """Give the best sentence and the best one that contradicts it, the newer document first; None if none does."""
    if question.kind not in {"number", "date"}:
        return None
    best = evidence[0]
    rival = next((each for each in evidence[1:] if contradicts(question, best, each)), None)
    if rival is None:
        return None
    return (rival, best) if newer(rival, best) else (best, rival)


def contradicts(question: Question, best: Evidence, other: Evidence) -> bool:
    """Say whether two sentences state the same with other numbers. When in doubt, no: each stands on its own."""
    if other.place.document.doc_id == best.place.document.doc_id or other.score < CLOSE_BEHIND * best.score:
        return False
    if float(best.vector @ other.vector) < LEAST_NEARNESS or shared_words(best, other) < LEAST_SHARED:
        return False
    language = best.place.passage.language
    ours, theirs = (numbers(each.place.text, language) - question.numbers for each in (best, other))
    same_names = names(best) & names(other) or not (names(best) | names(other))
    return bool(ours and theirs and not ours & theirs and same_names)


def shared_words(best: Evidence, other: Evidence) -> float:
    first, second = (
        {stem for stem in stems(each.place.text, each.place.passage.language) if not stem[0].isdigit()}
        for each in (best, other)
    )
    return len(first & second) / max(1, min(len(first), len(second)))


def names(evidence: Evidence) -> frozenset[str]:
    found = anchors(evidence.place.text, evidence.place.passage.language)
    return frozenset(anchor.value for anchor in found if anchor.kind == "name")


def newer(first: Evidence, second: Evidence) -> bool:
    """Say whether the first document is newer; one without a date is older than any that has one."""
    ours, theirs = first.place.document.updated_at, second.place.document.updated_at
    return ours is not None and (theirs is None or ours > theirs)
