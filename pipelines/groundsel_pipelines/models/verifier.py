"""The verifier: whether evidence supports a claim, contradicts it or does neither."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.pairs import PairModel
from groundsel_pipelines.models.reader import log_softmax
from groundsel_pipelines.types import Verdict


class OnnxVerifier:
    """A verifier as `protocols.Verifier` says, over an exported encoder with three classes."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self._model = PairModel(folder, max_tokens=manifest.max_tokens, threads=threads)

    def verify(self, claim: str, evidence: Sequence[str]) -> tuple[Verdict, ...]:
        """Give one verdict a text of evidence."""
        found = []
        for output in self._model.run([(claim, text) for text in evidence]):
            supported, contradicted, neither = np.exp(log_softmax(output.scores)).tolist()
            found.append(Verdict(supported=supported, contradicted=contradicted, neither=neither))
        return tuple(found)
