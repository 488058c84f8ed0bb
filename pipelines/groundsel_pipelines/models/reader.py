"""The reader: the words of a passage that answer a question, and whether it answers at all."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.pairs import PairModel, PairOutput
from groundsel_pipelines.types import Reading

LONGEST: Final = 40  # tokens of an answer; what is longer is a quotation


class OnnxReader:
    """A reader as `protocols.Reader` says, over an exported encoder."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self._model = PairModel(folder, max_tokens=manifest.max_tokens, threads=threads)

    def read(self, question: str, passages: Sequence[str]) -> tuple[Reading, ...]:
        """Give one reading a passage; a passage without a word has an empty one."""
        return tuple(reading(each) for each in self._model.run([(question, passage) for passage in passages]))


def reading(output: PairOutput) -> Reading:
    """Choose the span whose start and end are likeliest together (Devlin et al. 2019, section 4.2)."""
    if output.spans is None or not output.offsets:
        return Reading(start=0, end=0, answerable=0.0, confidence=0.0)
    starts, ends = (log_softmax(output.spans[:, column]) for column in (0, 1))
    together = starts[:, None] + ends[None, :]  # (tokens, tokens)
    allowed = np.triu(np.ones_like(together, dtype=bool)) & np.tri(len(starts), k=LONGEST - 1, dtype=bool)
    first, last = divmod(int(np.where(allowed, together, -np.inf).argmax()), len(starts))
    return Reading(
        start=output.offsets[first][0],
        end=output.offsets[last][1],
        answerable=float(1 / (1 + np.exp(-output.scores[0]))),
        confidence=float(np.exp(together[first, last])),
    )


def log_softmax(values: np.typing.NDArray[np.float32]) -> np.typing.NDArray[np.float32]:
    shifted = values - values.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
