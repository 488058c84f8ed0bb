"""What an answer is made from, question by question: sentences, their vectors and what a reader finds in the passages.

Kept so that evidence can be scored and the gate asked again, with the reader and without it, in no time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from groundsel_pipelines.answering.evidence import Evidence, Place, nearness, places, rarity, scored
from groundsel_pipelines.answering.gate import Features, features
from groundsel_pipelines.answering.questions import Question, read_question
from groundsel_pipelines.answering.spans import MOST_PASSAGES, NOTHING_READ, Readings
from groundsel_pipelines.answering.transcript import distinct_passages
from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.models import load_reader
from groundsel_pipelines.protocols import Embedder, Reader, Store
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.types import Ranking, Vectors

TOP_K = 5  # passages, as AnswerRequest takes them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """One question and the sentences of what was found for it."""

    question: Question
    spots: tuple[Place, ...]
    vectors: Vectors  # (sentences, dimensions)
    asked: Vectors  # (1, dimensions)
    near: Mapping[str, float]  # cosine of the question with each passage, by passage_id
    readings: Readings

    def evidence(self, *, reader: bool) -> tuple[Evidence, ...]:
        readings = self.readings if reader else NOTHING_READ
        return scored(self.question, self.spots, self.vectors, self.asked, readings)

    def without(self, doc_id: str) -> "Looked | None":
        """Give the same as if this document had not been found; None if nothing else was."""
        kept = [index for index, spot in enumerate(self.spots) if spot.document.doc_id != doc_id]
        if not kept:
            return None
        return replace(self, spots=tuple(self.spots[index] for index in kept), vectors=self.vectors[kept])

    def features(self, evidence: Sequence[Evidence]) -> Features:
        near = [self.near[each.passage_id] for each in distinct_passages(self.spots)]
        return features(self.question, evidence, rarity(self.question, self.spots), near)


async def look(text: str, hits: Ranking, store: Store, embedder: Embedder, reader: Reader | None) -> Looked | None:
    """Take the sentences of the best hits as an answer does; None where there are none."""
    documents = {
        held.doc_id: held
        for hit in hits[:TOP_K]
        if (held := await store.read(hit.passage.doc_id, principals=ANYONE)) is not None
    }
    spots = places(hits[:TOP_K], documents)
    if not spots:
        return None
    question = read_question(text, spots[0].passage.language)
    passages = distinct_passages(spots)
    ids = [passage.passage_id for passage in passages]
    read = reader.read(question.text, [passage.text for passage in passages[:MOST_PASSAGES]]) if reader else ()
    return Looked(
        question=question,
        spots=spots,
        vectors=embedder.embed_passages([f"{place.context}\n{place.text}" for place in spots]),
        asked=embedder.embed_query(question.text),
        near=dict(zip(ids, nearness(question, passages, embedder), strict=True)),
        readings=dict(zip(ids, read, strict=False)),
    )


def installed_reader(name: str) -> Reader | None:
    """Open a reader, if it is there."""
    models = read_settings().models
    try:
        return load_reader(models.folder, name, threads=models.threads)
    except GroundselError:
        return None
