"""Writing: a generated text, sentence by sentence, each shown only with the evidence that carries it."""

import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from anyio import to_thread

from groundsel_pipelines.answering.checking import check
from groundsel_pipelines.answering.evidence import Evidence, marked
from groundsel_pipelines.answering.excerpts import excerpt, span_of
from groundsel_pipelines.answering.generating import Bulkhead, Generation
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.answering.verifying import NO_VERIFICATION, Verification
from groundsel_pipelines.errors import Busy
from groundsel_pipelines.prompting import numbered_points, read_numbered
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.types import Reason, Vectors

logger = logging.getLogger(__name__)

SAME: Final = 0.93  # cosine from which on two sentences say one thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A sentence and the evidence that carries it; `quoted` where it stands there as it is."""

    text: str
    evidence: Evidence
    quoted: bool = False


@dataclass(slots=True)
class Said:
    """What an answer or a summary has said so far, in one generation or several."""

    texts: list[str] = field(default_factory=list[str])
    vectors: list[Vectors] = field(default_factory=list[Vectors])  # of shape (dimensions,) each

    def repeats(self, vector: Vectors) -> bool:
        """Say whether a sentence says what another one has said."""
        return any(float(vector @ other) >= SAME for other in self.vectors)


@dataclass(slots=True, kw_only=True)
class Writer:
    """Runs one generation and lets through what its evidence supports."""

    embedder: Embedder
    evidence: Sequence[Evidence]  # what the model was shown, best first
    generation: Generation
    bulkhead: Bulkhead
    verification: Verification = NO_VERIFICATION
    asked: str = ""  # what a tuned model answers in a few words, that say little without it
    cited: int = 0  # the number that a tuned model gave last
    said: Said = field(default_factory=Said)
    dropped: int = 0
    reason: Reason | None = None  # why it ended before the model did

    async def sentences(self, *, seconds: float) -> AsyncGenerator[Checked]:
        """Yield checked sentences until the model ends, breaks or has had `seconds`; `reason` then says which."""
        stream = self.generation.start(self.bulkhead, seconds=seconds)
        try:
            async for sentence in self.generation.sentences(stream):
                if isinstance(sentence, Exception):
                    self.reason = "busy" if isinstance(sentence, Busy) else "model_unavailable"
                    logger.warning("the language model gave no answer: %s", sentence)
                    return
                for point in numbered_points(sentence) if self.generation.model.tuned else [sentence]:
                    if (checked := await to_thread.run_sync(self.checked, point)) is not None:
                        yield checked
            if self.generation.late:
                self.reason = "deadline"
            elif not self.said.texts:
                self.reason = "ungrounded"
        finally:
            self.generation.stop()
            stream.close()

    def checked(self, sentence: str) -> Checked | None:
        """Find the evidence that carries the sentence; None if none does, or if it was said before.

        Of a tuned model's, the piece that it cites is looked at first; without a number nothing is said.
        """
        evidence = list(self.evidence)
        if self.generation.model.tuned:
            number, words = read_numbered(sentence)
            self.cited, sentence = (number, words) if number else (self.cited, sentence)
            if not 0 < self.cited <= len(evidence):
                self.dropped += 1
                return None
            evidence.insert(0, evidence.pop(self.cited - 1))
        if sentence in self.said.texts:
            return None
        if self.asked and (quoted := in_its_sentence(sentence, evidence[0])):
            self.said.texts.append(quoted.text)
            return quoted
        vector = self.embedder.embed_passages([f"{self.asked} {sentence}".strip()])[0]
        if not self.asked and self.said.repeats(vector):
            return None
        for each in evidence:
            place = each.place
            language, cosine = place.passage.language, float(vector @ each.vector)
            verdict = check(sentence, place.text, context=place.context, language=language, cosine=cosine)
            verdict = self.verification.heard(verdict, sentence, place.text, place.passage)
            if verdict.supported:
                self.said.texts.append(sentence)
                self.said.vectors.append(vector)
                return Checked(text=sentence, evidence=each)
            logger.debug("not carried by %s: %s", place.passage.passage_id, verdict.missing)
        self.dropped += 1
        return None


def in_its_sentence(words: str, evidence: Evidence) -> Checked | None:
    """Show the words that answer in the sentence they are cited from; None where that does not hold them."""
    place = evidence.place
    shown = excerpt(words, readable(place), context=place.context, language=place.passage.language)
    if shown is None:
        return None
    span = span_of(words, place.text)
    answer = marked(place, (place.start + span[0], place.start + span[1])) if span else None
    return Checked(text=shown, evidence=replace(evidence, place=replace(place, answer=answer)), quoted=True)
