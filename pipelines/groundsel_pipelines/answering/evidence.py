"""Evidence: the sentences of the best passages, scored against the question, each at its exact place."""

import math
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from groundsel_pipelines.answering.quarantine import quarantined
from groundsel_pipelines.answering.questions import Question
from groundsel_pipelines.answering.spans import NOTHING_READ, Readings, span_within, with_unit
from groundsel_pipelines.chunking import embedded_text
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.types import Block, BlockKind, Document, Passage, Ranking, Reading, Vectors
from groundsel_pipelines.words import stems

# Of the score: found on the questions of which benchmarks/answers.py reports, not very sensitive to either.
OVERLAP_WEIGHT = 0.5
RANK_WEIGHT = 0.1
# From which on a span is marked, see benchmarks/gate.py.
LEAST_ANSWERABLE = 0.5
LEAST_CONFIDENCE = 0.3
READ_WEIGHT = 0.4  # of the probability that the passage answers, to the sentence that holds the reader's span


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sentence, list item or table row stands: `document.text[start:end]`, in one of the passages found."""

    document: Document
    passage: Passage
    start: int  # code points into Document.text
    end: int
    kind: BlockKind
    context: str  # title and headings above it, and a table's first row
    passage_rank: int  # from 1
    answer: tuple[int, int] | None = None  # the words in it that answer, in code points into Document.text

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def stems(self) -> frozenset[str]:
        return stems(f"{self.context}\n{self.text}", self.passage.language)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """A place and how well it fits the question."""

    place: Place
    vector: Vectors  # shape (dimensions,), unit length
    cosine: float
    overlap: float  # share of the question's words that it or its context holds, weighted by rarity
    score: float
    reading: Reading | None = None  # of its passage, where a reader has read it
    holds_span: bool = False  # the words that the reader found stand in it

    @property
    def unread(self) -> float:
        """Give the score without what a reader adds, which it gives to one wording of a fact and not to another."""
        return self.cosine + OVERLAP_WEIGHT * self.overlap + RANK_WEIGHT / self.place.passage_rank


def places(hits: Ranking, documents: Mapping[str, Document]) -> tuple[Place, ...]:
    """Split the passages of `hits` into sentences, each once; headings are context, not evidence.

    A passage whose document is not among `documents` or does not hold it any more gives none.
    """
    found: dict[tuple[str, int], Place] = {}
    for rank, hit in enumerate(hits, start=1):
        document = documents.get(hit.passage.doc_id)
        if document and document.text[hit.passage.start : hit.passage.end] == hit.passage.text:
            for place in sentences(document, hit.passage, rank):
                found.setdefault((document.doc_id, place.start), place)
    return tuple(found.values())


def sentences(document: Document, passage: Passage, rank: int) -> Generator[Place]:
    for first, last in sentence_spans(passage.text, passage.language):
        start, end = passage.start + first, passage.start + last
        block, path = structure_at(document, start)
        kind = block.kind if block else "paragraph"
        if kind == "heading" or quarantined(passage.text[first:last]):
            continue
        header = first_line(document.text, block) if block and kind == "table" and start > block.start else ""
        context = "\n".join(line for line in (document.title, *path, header) if line)
        yield Place(
            document=document,
            passage=passage,
            start=start,
            end=end,
            kind=kind,
            context=context,
            passage_rank=rank,
        )


def structure_at(document: Document, offset: int) -> tuple[Block | None, tuple[str, ...]]:
    """Give the block that holds `offset`, None outside all, and the headings above it, outermost first."""
    path: list[Block] = []
    for block in document.blocks:
        if block.start > offset:
            break
        if offset < block.end:
            return block, tuple(document.text[heading.start : heading.end] for heading in path)
        if block.kind == "heading":
            path = [*(heading for heading in path if heading.level < block.level), block]
    return None, tuple(document.text[heading.start : heading.end] for heading in path)


def first_line(text: str, block: Block) -> str:
    return text[block.start : block.end].partition("\n")[0]


def score(
    question: Question, found: Sequence[Place], embedder: Embedder, readings: Readings = NOTHING_READ
) -> tuple[Evidence, ...]:
    """Score every place against the question, best first: by meaning, words, the passage's rank, and what is read."""
    if not found:
        return ()
    vectors = embedder.embed_passages([f"{place.context}\n{place.text}" for place in found])
    return scored(question, found, vectors, embedder.embed_query(question.text), readings)


def scored(
    question: Question, found: Sequence[Place], vectors: Vectors, asked: Vectors, readings: Readings
) -> tuple[Evidence, ...]:
    """Score places by vectors that are known: those of the places, and the question's, of shape (1, dimensions)."""
    cosines: list[float] = (vectors @ asked[0]).tolist()
    weights = rarity(question, found)
    evidence = []
    for place, vector, cosine in zip(found, vectors, cosines, strict=True):
        overlap = coverage(weights, place.stems)
        total = cosine + OVERLAP_WEIGHT * overlap + RANK_WEIGHT / place.passage_rank
        reading = readings.get(place.passage.passage_id)
        span = span_within(reading, place.passage, place.start, place.end)
        if reading and span:
            total += READ_WEIGHT * reading.answerable
        evidence.append(
            Evidence(
                place=replace(place, answer=marked(place, span) if reading and span and shown(reading) else None),
                vector=vector,
                cosine=cosine,
                overlap=overlap,
                score=total,
                reading=reading,
                holds_span=span is not None,
            )
        )
    return tuple(sorted(evidence, key=lambda each: (-each.score, each.place.passage_rank, each.place.start)))


def nearness(question: Question, passages: Sequence[Passage], embedder: Embedder) -> list[float]:
    """Give the cosine of the question with each whole passage, as it is indexed."""
    vectors = embedder.embed_passages([embedded_text(passage) for passage in passages])
    near: list[float] = (vectors @ embedder.embed_query(question.text)[0]).tolist()
    return near


def marked(place: Place, span: tuple[int, int]) -> tuple[int, int]:
    """Give what is marked of a span: with its unit, and no further than its place."""
    first, last = with_unit(place.document.text, span)
    return first, min(last, place.end)


def shown(reading: Reading) -> bool:
    """Say whether a span is sure enough to be marked: a wrong mark misleads more than a right one helps."""
    return reading.answerable >= LEAST_ANSWERABLE and reading.confidence >= LEAST_CONFIDENCE


def rarity(question: Question, found: Sequence[Place]) -> dict[str, float]:
    """Weigh the question's words: what few of the sentences found hold tells more, what none holds the most."""
    holding = Counter(stem for place in found for stem in place.stems)
    return {stem: math.log(1 + len(found) / (holding[stem] + 0.5)) for stem in sorted(question.stems)}


def coverage(weights: Mapping[str, float], held: frozenset[str]) -> float:
    """Give the weighted share of the words that are held, 0 where there are none."""
    total = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in held) / total if total else 0.0
