"""A dossier: all that the documents say about one customer, case or project, in the order of time, in three parts.

Map: each document gives the sentences that are about the subject. Reduce: what repeats is said once, what contradicts
or is still open is told apart, and of the facts as many are kept as fit, a few of every document.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from groundsel_pipelines.answering.conflicts import contradicts
from groundsel_pipelines.answering.evidence import Evidence, coverage, rarity
from groundsel_pipelines.answering.questions import Question
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.answering.summarising import LEAST_WORDS, MAIL_FIELD, NEAR
from groundsel_pipelines.answering.writing import SAME
from groundsel_pipelines.protocols import TokenCounter
from groundsel_pipelines.types import SectionKind
from groundsel_pipelines.words import stems

PASSAGES: Final = 60  # of the search that are looked at
FACT_TOKENS: Final = 600  # of the facts together: a page
OPEN_POINTS: Final = 8
CONFLICTS: Final = 4  # pairs
FOUND: Final = 0.5  # of the subject's words: of less, the documents say nothing
NAMED: Final = 0.6  # of the weight of those words: the subject is named
FEWEST_WORDS: Final = 3  # content words of a sentence that names the subject
OPEN: Final = re.compile(
    r"^open\b|\bto do\b|\bnot yet\b|\bpending\b|\boutstanding\b|\boverdue\b|\bawait|\bstill (?:open|missing|to)\b|"
    r"\bunresolved\b|\bwill (?:report|clarify|check|decide)|\?$|\bmust still\b|\bto be (?:decided|clarified|confirmed)|"
    r"^offen\b|\bnoch nicht\b|\büberfällig|\bausstehend|\bklärt\b|\bzu klären\b|"
    r"\bà faire\b|\ben attente\b|\bpas encore\b|\bà décider\b|\bpendiente|\btodavía no\b",
    re.IGNORECASE,
)
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    kind: SectionKind | None  # None: the only one, without a heading
    evidence: tuple[Evidence, ...]


def compile_dossier(subject: Question, evidence: Sequence[Evidence], tokens: TokenCounter) -> tuple[Section, ...]:
    """Sort what is about the subject into facts, open points and contradictions; a part without any is left out.

    Args:
        subject: read as a question is; most of its words must stand in a passage, or in the title above it.
        evidence: sentences scored against it, best first.
        tokens: counts what the facts cost.

    """
    weights = {
        stem: weight
        for stem, weight in rarity(subject, [each.place for each in evidence]).items()
        if any(stem in each.place.stems for each in evidence)
    }
    if len(weights) < FOUND * len(subject.stems):
        return ()
    about = once([each for each in evidence if is_about(weights, each)])
    pairs = contradictions(subject, about)
    apart = {id(each) for pair in pairs for each in pair}
    still_open = [each for each in about if OPEN.search(each.place.text) and id(each) not in apart][:OPEN_POINTS]
    apart |= {id(each) for each in still_open}
    facts = within([each for each in about if id(each) not in apart], tokens)
    parts = (
        Section(kind="facts", evidence=in_time(facts)),
        Section(kind="open", evidence=in_time(still_open)),
        Section(kind="contradictions", evidence=tuple(each for pair in pairs for each in in_time(pair))),
    )
    return tuple(part for part in parts if part.evidence)


def is_about(weights: Mapping[str, float], each: Evidence) -> bool:
    """Say whether a sentence is about the subject: it names it, or stands near it in a passage that does."""
    place, language = each.place, each.place.passage.language
    said = stems(place.text, language)
    if len(said) < FEWEST_WORDS or MAIL_FIELD.match(place.text):
        return False
    if coverage(weights, said) >= NAMED:
        return True
    named = coverage(weights, stems(f"{place.context} {place.passage.text}", language)) >= NAMED
    return named and each.cosine >= NEAR and len(said) >= LEAST_WORDS


def once(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Leave out what was said already: answers quote the mails they answer, minutes repeat one another."""
    kept: list[Evidence] = []
    for each in evidence:
        if all(float(each.vector @ other.vector) < SAME or differs(each, other) for other in kept):
            kept.append(each)
    return kept


def differs(first: Evidence, second: Evidence) -> bool:
    """Say whether two sentences that read alike have other numbers: then both are told."""
    digits = re.compile(r"\d+")
    return set(digits.findall(first.place.text)) != set(digits.findall(second.place.text))


def contradictions(subject: Question, about: Sequence[Evidence]) -> list[tuple[Evidence, Evidence]]:
    found: list[tuple[Evidence, Evidence]] = []
    taken: set[int] = set()
    for index, first in enumerate(about):
        for second in about[index + 1 :]:
            if len(found) < CONFLICTS and not {id(first), id(second)} & taken and contradicts(subject, first, second):
                found.append((first, second))
                taken |= {id(first), id(second)}
    return found


def within(facts: Sequence[Evidence], tokens: TokenCounter) -> list[Evidence]:
    """Take the best sentence of every document, then the second of each, and so on, until the budget is spent."""
    by_document: dict[str, list[Evidence]] = {}
    for each in facts:
        by_document.setdefault(each.place.document.doc_id, []).append(each)
    rounds = max((len(each) for each in by_document.values()), default=0)
    queue = [held[turn] for turn in range(rounds) for held in by_document.values() if turn < len(held)]
    chosen: list[Evidence] = []
    left = FACT_TOKENS
    for each in queue:
        left -= tokens.count(readable(each.place))
        if left < 0 and chosen:
            break
        chosen.append(each)
    return chosen


def in_time(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Order by the date of the document, then by where it stands."""
    return tuple(
        sorted(
            evidence,
            key=lambda each: (
                each.place.document.updated_at or EARLIEST,
                each.place.document.doc_id,
                each.place.start,
            ),
        )
    )
