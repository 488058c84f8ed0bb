"""Conflicts: sentences of different documents that say the same with other numbers; documents that replace others."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from groundsel_pipelines.answering.anchors import names, numbers
from groundsel_pipelines.answering.evidence import Evidence
from groundsel_pipelines.answering.questions import Question
from groundsel_pipelines.answering.quoting import leans
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.types import Document
from groundsel_pipelines.words import stems

RIVALS: Final = 10  # best pieces of evidence that are looked at
CLOSE_BEHIND: Final = 0.8  # of the best score: a rival answers the question about as well
# Least cosine, and least share of the content words of the shorter one: of a question for a number, and of any other.
ASKED_FOR: Final = (0.6, 0.5)
IN_PASSING: Final = (0.75, 0.7)
REPLACES: Final = re.compile(
    r"\b(?:replac(?:es|ed|ing)|supersedes?|remplacent?|annule|ersetzt|ersetzen|sustituye|sostituisce|vervangt)\b",
    re.IGNORECASE,
)


def find_conflict(question: Question, evidence: Sequence[Evidence]) -> tuple[Evidence, Evidence] | None:
    """Give the best sentence and the best one that contradicts it, the newer document first; None if none does."""
    best = evidence[0]
    rival = next((each for each in evidence[1:RIVALS] if contradicts(question, best, each)), None)
    if rival is None:
        return None
    return (rival, best) if newer(rival, best) else (best, rival)


def contradicts(question: Question, best: Evidence, other: Evidence) -> bool:
    """Say whether two sentences state the same with other numbers. When in doubt, no: each stands on its own.

    A row of a table means what its table is about, and a sentence that leans on the one before what that one is about:
    neither is compared.
    """
    same_document = other.place.document.doc_id == best.place.document.doc_id
    if same_document or "table" in {best.place.kind, other.place.kind} or leans(best.place) or leans(other.place):
        return False
    nearness, shared = ASKED_FOR if question.kind in {"number", "date"} else IN_PASSING
    if other.unread < CLOSE_BEHIND * best.unread or float(best.vector @ other.vector) < nearness:
        return False
    language = best.place.passage.language
    ours, theirs = (numbers(each.place.text, language) - question.numbers for each in (best, other))
    return bool(ours - theirs and theirs - ours) and same_names(best, other) and shared_words(best, other) >= shared


def shared_words(best: Evidence, other: Evidence) -> float:
    first, second = (
        {stem for stem in stems(each.place.text, each.place.passage.language) if not stem[0].isdigit()}
        for each in (best, other)
    )
    return len(first & second) / max(1, min(len(first), len(second)))


def same_names(best: Evidence, other: Evidence) -> bool:
    """Say whether they may speak of the same: a name in common, or one of them names nothing."""
    first, second = names_of(best), names_of(other)
    return not first or not second or bool(first & second)


def names_of(evidence: Evidence) -> frozenset[str]:
    return frozenset(names(evidence.place.text, evidence.place.passage.language))


def newer(first: Evidence, second: Evidence) -> bool:
    return is_newer(first.place.document, second.place.document)


def is_newer(first: Document, second: Document) -> bool:
    """Say whether the first document is newer; one without a date is older than any that has one."""
    ours, theirs = first.updated_at, second.updated_at
    return ours is not None and (theirs is None or ours > theirs)


def in_force(documents: Mapping[str, Document]) -> dict[str, Document]:
    """Leave out the documents that a newer one among them says it replaces."""
    replaced = {
        older.doc_id
        for document in documents.values()
        if (said := replacing(document))
        for older in documents.values()
        if is_newer(document, older) and names_title(said, older)
    }
    return {doc_id: document for doc_id, document in documents.items() if doc_id not in replaced}


def replacing(document: Document) -> tuple[str, ...]:
    """Give the sentences in which a document says that it replaces something."""
    if not REPLACES.search(document.text):
        return ()
    spans = sentence_spans(document.text, document.language)
    return tuple(document.text[start:end] for start, end in spans if REPLACES.search(document.text, start, end))


def names_title(sentences: Sequence[str], document: Document) -> bool:
    """Say whether one of the sentences holds every word of the document's title."""
    title = stems(document.title, document.language)
    return bool(title) and any(title <= stems(sentence, document.language) for sentence in sentences)
