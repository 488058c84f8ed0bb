"""Reranking: the best of the fused order read anew, batch by batch, for as long as there is time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import anyio
import numpy as np
from anyio import to_thread

from groundsel_pipelines.fusion import min_max
from groundsel_pipelines.protocols import ModelOf, Reranker, no_model
from groundsel_pipelines.reading import READING
from groundsel_pipelines.types import Hit, Passage, Ranking
from groundsel_pipelines.words import shared_language

DEPTH: Final = 30  # hits that are read; those below keep their order
BATCH: Final = 6  # read between two looks at the clock: about 40 ms on two cores
WEIGHT: Final = 0.5  # of what is read, against the fused score; see benchmarks/reranking.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranking:
    """How the fused order is read anew. `seconds` is all that this may take."""

    rerankers: ModelOf[Reranker] = no_model
    seconds: float = 0.3
    depth: int = DEPTH
    weight: float = WEIGHT

    @property
    def serves(self) -> bool:
        """Whether there may be a reranker at all."""
        return self.rerankers is not no_model

    async def apply(self, question: str, hits: Ranking) -> tuple[Ranking, bool]:
        """Give the hits in their new order, and whether all that were to be read have been.

        What is not read in time keeps its fused place, below all that was: it is the fused order's end.
        """
        read = await self.read(question, hits)
        if read is None:
            return hits, True
        return reordered(hits, read, weight=self.weight), len(read) == len(hits[: self.depth])

    async def read(self, question: str, hits: Ranking) -> list[float] | None:
        """Give the scores of the first hits, as far as time allows; None where nothing reads these."""
        ends_at = anyio.current_time() + self.seconds
        first = hits[: self.depth]
        if not first or not self.serves:
            return None
        best = first[0].passage
        language = shared_language(question, best.language)
        reranker = await to_thread.run_sync(self.rerankers, best.collection, language)
        if reranker is None:
            return None
        read: list[float] = []
        for start in range(0, len(first), BATCH):
            texts = [readable(hit.passage) for hit in first[start : start + BATCH]]
            try:
                with anyio.fail_at(ends_at):
                    read += await to_thread.run_sync(
                        reranker.score, question, texts, abandon_on_cancel=True, limiter=READING
                    )
            except TimeoutError:
                break
        return read


NO_RERANKING: Final = Reranking()


def reordered(hits: Ranking, read: Sequence[float], *, weight: float) -> Ranking:
    """Order the first hits, as many as were read, by both scores brought to 0..1 within them; the rest follow.

    Ties keep the fused order. A rank is the new one; a score is above 1 for what was read, and falls to 0 below it.
    """
    if not read:
        return hits
    first, rest = hits[: len(read)], hits[len(read) :]
    fused = [hit.score for hit in first]
    total = weight * np.array(min_max(read)) + (1 - weight) * np.array(min_max(fused))
    order = sorted(range(len(first)), key=lambda index: (-total[index], index))
    scores = [1 + float(total[index]) for index in order]
    scores += [1 - place / (len(rest) + 1) for place in range(1, len(rest) + 1)]
    placed: list[Hit] = [*(first[index] for index in order), *rest]
    return tuple(
        replace(hit, rank=rank, score=score, retriever="reranked")
        for rank, (hit, score) in enumerate(zip(placed, scores, strict=True), start=1)
    )


def readable(passage: Passage) -> str:
    """Give what a reranker reads of a passage: its title before it, where it does not begin with it."""
    title, text = passage.title, passage.text
    return text if not title or text.startswith(title) else f"{title}. {text}"
