"""What an answer is worth: whether it holds what is right, is carried sentence by sentence, and quotes stored text."""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpora import Asked
from groundsel_pipelines.answering.checking import check
from groundsel_pipelines.answering.evidence import Place, sentences
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.types import AnswerEvent, Citation, Document, Finish, Passage, Source, TextDelta

MARKERS = re.compile(r" \[\d+\]")
ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "“”’«»–", " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One question's answer, judged from its events alone."""

    asked: Asked
    end: Finish
    text: str  # without markers
    sentences: int
    unsupported: int  # sentences that no cited quote carries
    misquoted: int  # citations whose quote is not the stored text
    doc_ids: tuple[str, ...]  # of the citations

    @property
    def answered(self) -> bool:
        return self.end.status in {"answered", "partial", "conflicting"}

    @property
    def right(self) -> bool:
        """Whether the answer holds a right one; of contradicting documents, what each of them says."""
        if self.asked.status == "conflicting":
            return all(holds(self.text, answer) for answer in self.asked.answers)
        return any(holds(self.text, answer) for answer in self.asked.answers)

    @property
    def f1(self) -> float:
        return max((f1(self.text, reference) for reference in self.asked.references or self.asked.answers), default=0)


def judge(
    asked: Asked, events: Sequence[AnswerEvent], documents: Mapping[str, Document], embedder: Embedder
) -> Outcome:
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
        raise TypeError(f"{asked.query_id}: the answer broke: {end}")
    return Outcome(
        asked=asked,
        end=end,
        text=" ".join(sentence for sentence, _ in said),
        sentences=len(said),
        unsupported=sum(
            not any(carries(citation, sentence, passages, documents, embedder) for citation in cited)
            for sentence, cited in said
        ),
        misquoted=sum(
            documents[citation.doc_id].text[citation.start : citation.end] != citation.quote for citation in citations
        ),
        doc_ids=tuple(citation.doc_id for citation in citations),
    )


def carries(
    citation: Citation,
    sentence: str,
    passages: Mapping[int, Passage],
    documents: Mapping[str, Document],
    embedder: Embedder,
) -> bool:
    """Say whether the cited place carries the sentence: it is that place, or it passes the check against it."""
    place = place_of(citation, passages[citation.marker], documents[citation.doc_id])
    if place is None:
        return False
    if sentence == readable(place):
        return True
    vectors = embedder.embed_passages([sentence, f"{place.context}\n{place.text}"])
    cosine = float(vectors[0] @ vectors[1])
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
