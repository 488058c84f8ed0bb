"""What an answer is worth: whether it holds what is right, is carried sentence by sentence, and quotes stored text."""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundsel_pipelines.answering.checking import check
from groundsel_pipelines.answering.evidence import Place, sentences
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.evaluating.judgments import Gold, Question
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.types import AnswerEvent, Citation, Document, Finish, Passage, Source, TextDelta

MARKERS = re.compile(r" \[\d+\]")
ARTICLES = re.compile(r"\b(a|an|the)\b")
SHARED = 0.8  # of the words of a quote; the rest may be a table's bars or a line's hyphen
PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "“”’«»–", " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One question's answer, judged from its events alone."""

    asked: Question
    end: Finish
    confidence: float  # what the gate made of it, 0..1; 0 where nothing was found
    opened: bool  # whether the gate lets it through: without that the answer is not shown
    text: str  # without markers
    sentences: int
    unsupported: int  # sentences that no cited quote carries
    misquoted: int  # citations whose quote is not the stored text
    citations: int
    right_citations: int  # those of a gold place
    cited_gold: int  # gold places that are cited

    @property
    def answered(self) -> bool:
        return self.opened and self.end.status in {"answered", "partial", "conflicting"}

    @property
    def holds(self) -> bool:
        """Whether the answer holds a right one word by word; of contradicting documents, what each of them says."""
        matched = [holds(self.text, answer) for answer in self.asked.answers]
        return bool(matched) and (all(matched) if self.asked.status == "conflicting" else any(matched))

    @property
    def right(self) -> bool:
        """Whether the answer holds a right one, or quotes a place that is known to answer."""
        placed = any(gold.quote or gold.page for gold in self.asked.gold)
        return self.asked.answerable and (self.holds or (placed and self.right_citations > 0))

    @property
    def f1(self) -> float:
        return max((f1(self.text, reference) for reference in self.asked.references or self.asked.answers), default=0)

    @property
    def exact(self) -> bool:
        return any(normalised(self.text) == normalised(answer) for answer in self.asked.answers)


def judge(
    asked: Question,
    events: Sequence[AnswerEvent],
    *,
    confidence: float,
    opened: bool,
    documents: Mapping[str, Document],
    doc_ids: Mapping[str, str],
    embedder: Embedder,
) -> Outcome:
    """Judge the events of one answer; `documents` has every cited one, `doc_ids` those that the gold places name.

    Raises:
        GroundselError: the answer broke.

    """
    passages = {event.marker: event.passage for event in events if isinstance(event, Source)}
    said: list[tuple[str, list[Citation]]] = []
    for event in events:
        if isinstance(event, TextDelta):
            said.append((MARKERS.sub("", event.text).strip(), []))
        elif isinstance(event, Citation):
            said[-1][1].append(event)
    citations = [citation for _, cited in said for citation in cited]
    end = events[-1]
    if not isinstance(end, Finish):
        raise GroundselError(f"the answer to question {asked.query_id} broke: {end}")
    return Outcome(
        asked=asked,
        end=end,
        confidence=confidence,
        opened=opened,
        text=" ".join(sentence for sentence, _ in said),
        sentences=len(said),
        unsupported=sum(
            not any(carries(citation, sentence, passages, documents, embedder, asked=asked.text) for citation in cited)
            for sentence, cited in said
        ),
        misquoted=sum(
            documents[citation.doc_id].text[citation.start : citation.end] != citation.quote for citation in citations
        ),
        citations=len(citations),
        right_citations=sum(any(is_at(each, gold, doc_ids) for gold in asked.gold) for each in citations),
        cited_gold=sum(any(is_at(each, gold, doc_ids) for each in citations) for gold in asked.gold),
    )


def is_at(citation: Citation, gold: Gold, doc_ids: Mapping[str, str]) -> bool:
    """Say whether the citation is of the gold place: its document, the page or the next, most of the words."""
    if citation.doc_id != doc_ids.get(gold.name):
        return False
    if gold.page and abs((citation.page or 0) - gold.page) > 1:
        return False
    return not gold.quote or shared(citation.quote, gold.quote) >= SHARED


def shared(text: str, other: str) -> float:
    """Give the share of the shorter text's words that are in the other: parsers differ in tables and bullets."""
    first, second = normalised(text), normalised(other)
    return (Counter(first) & Counter(second)).total() / max(min(len(first), len(second)), 1)


def carries(
    citation: Citation,
    sentence: str,
    passages: Mapping[int, Passage],
    documents: Mapping[str, Document],
    embedder: Embedder,
    *,
    asked: str,
) -> bool:
    """Say whether the cited place carries the sentence: it is that place, or it passes the check against it.

    The few words that answer a question say what they say only with it, so nearness counts with it or without.
    """
    place = place_of(citation, passages[citation.marker], documents[citation.doc_id])
    if place is None:
        return False
    if sentence == readable(place):
        return True
    cited, *said = embedder.embed_passages([f"{place.context}\n{place.text}", sentence, f"{asked} {sentence}"])
    cosine = max(float(each @ cited) for each in said)
    language = place.passage.language
    return check(sentence, place.text, context=place.context, language=language, cosine=cosine).supported


def place_of(citation: Citation, passage: Passage, document: Document) -> Place | None:
    places = sentences(document, passage, 1)
    return next((place for place in places if (place.start, place.end) == (citation.start, citation.end)), None)


def holds(text: str, answer: str) -> bool:
    """Say whether the words of `answer` stand in `text`, next to one another."""
    return f" {' '.join(normalised(answer))} " in f" {' '.join(normalised(text))} "


def f1(text: str, reference: str) -> float:
    """Give the harmonic mean of precision and recall of the words, as SQuAD does (Rajpurkar et al. 2016)."""
    given, wanted = normalised(text), normalised(reference)
    common = sum((Counter(given) & Counter(wanted)).values())
    return 2 * common / (len(given) + len(wanted)) if common else 0.0


def normalised(text: str) -> list[str]:
    return ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split()
