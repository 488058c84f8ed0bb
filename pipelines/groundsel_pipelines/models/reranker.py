"""The reranker: reads question and passage together, and weighs that against the order the search found."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.pairs import PairModel
from groundsel_pipelines.types import Query, Ranking

DEPTH: Final = 30  # hits that are read; those below keep their order
WEIGHT: Final = "weight"  # in the manifest's checks: the reader's share, against the search's
DEFAULT_WEIGHT: Final = 0.5


class OnnxReranker:
    """A reranker as `protocols.Reranker` says, over an exported cross-encoder (Nogueira and Cho 2019)."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self._weight = manifest.checks.get(WEIGHT, DEFAULT_WEIGHT)
        self._model = PairModel(folder, max_tokens=manifest.max_tokens, threads=threads)

    def score(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """Give a relevance a text; only their order and distances mean something."""
        return tuple(float(each.scores[0]) for each in self._model.run([(question, text) for text in texts]))

    def rerank(self, query: Query, ranking: Ranking) -> Ranking:
        """Order the first thirty hits anew, by both scores brought to 0..1 within them; the rest follow."""
        first, rest = ranking[:DEPTH], ranking[DEPTH:]
        if not first:
            return ranking
        read = within(self.score(query.text, [_text(hit.passage.title, hit.passage.text) for hit in first]))
        found = within([hit.score for hit in first])
        total = self._weight * read + (1 - self._weight) * found
        order = sorted(range(len(first)), key=lambda index: (-total[index], index))
        scores = [1 + float(total[index]) for index in order]  # above all that were not read
        hits = [first[index] for index in order]
        scores += list(1 - np.arange(1, len(rest) + 1) / (len(rest) + 1)) if rest else []
        return tuple(
            replace(hit, rank=rank, score=score, retriever="reranked")
            for rank, (hit, score) in enumerate(zip([*hits, *rest], scores, strict=True), start=1)
        )


def within(values: Sequence[float]) -> np.typing.NDArray[np.float64]:
    """Bring scores to 0..1; all the same where they are all the same."""
    given = np.asarray(values, np.float64)
    width = given.max() - given.min()
    return (given - given.min()) / width if width > 0 else np.full_like(given, 0.5)


def _text(title: str, text: str) -> str:
    return text if not title or text.startswith(title) else f"{title}. {text}"
