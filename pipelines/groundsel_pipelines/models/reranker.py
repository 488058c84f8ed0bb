"""The reranker: reads question and passage together, and says how relevant the passage is."""

from collections.abc import Sequence
from pathlib import Path

from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.pairs import PairModel


class OnnxReranker:
    """A reranker as `protocols.Reranker` says, over an exported cross-encoder (Nogueira and Cho 2019)."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self._model = PairModel(folder, max_tokens=manifest.max_tokens, threads=threads)

    def score(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """Give a relevance a text; only their order and distances mean something."""
        return tuple(float(each.scores[0]) for each in self._model.run([(question, text) for text in texts]))
