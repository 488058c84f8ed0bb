"""Runs an encoder over pairs of texts: scores, and for a reader also starts and ends of spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.models.embedder import open_session
from groundsel_pipelines.models.tokens import read_tokenizer

BATCH_PAIRS: Final = 16  # of like length
FIRST_WORDS: Final = 64  # of the first text; a longer one would leave no room for the second

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairOutput:
    """What the graph gives for one pair."""

    scores: Floats  # (outputs,)
    spans: Floats | None  # (tokens of the second text, 2), start and end
    offsets: tuple[tuple[int, int], ...]  # of those tokens, in code points of the second text


class PairModel:
    """A graph with `logits`, opened with its tokenizer."""

    def __init__(self, folder: Path, *, max_tokens: int, threads: int) -> None:
        self._tokenizer = read_tokenizer(folder / "tokenizer.json")
        self._tokenizer.enable_truncation(max_tokens, strategy="only_second")
        self._session = open_session(folder / "model.onnx", threads=threads)
        names = [value.name for value in self._session.get_outputs()]
        self._outputs = [name for name in ("logits", "spans") if name in names]
        self._inputs = [value.name for value in self._session.get_inputs()]

    def run(self, pairs: Sequence[tuple[str, str]]) -> tuple[PairOutput, ...]:
        """Give one output a pair, in their order; batches are made by length. The second text is cut to fit."""
        encodings = self._tokenizer.encode_batch([(first_words(first), second) for first, second in pairs])
        by_length = sorted(range(len(encodings)), key=lambda index: len(encodings[index].ids))
        found: dict[int, PairOutput] = {}
        for start in range(0, len(by_length), BATCH_PAIRS):
            batch = by_length[start : start + BATCH_PAIRS]
            width = len(encodings[batch[-1]].ids)
            ids, mask, types = (np.zeros((len(batch), width), np.int64) for _ in range(3))
            for row, index in enumerate(batch):
                length = len(encodings[index].ids)
                ids[row, :length], mask[row, :length] = encodings[index].ids, 1
                types[row, :length] = encodings[index].type_ids
            known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
            given = self._session.run(self._outputs, {name: known[name] for name in self._inputs})
            logits, *spans = (np.asarray(each, np.float32) for each in given)
            for row, index in enumerate(batch):
                encoding = encodings[index]
                inside = [
                    at for at, (begin, end) in enumerate(encoding.offsets) if encoding.type_ids[at] and end > begin
                ]
                found[index] = PairOutput(
                    scores=logits[row],
                    spans=spans[0][row][inside] if spans else None,
                    offsets=tuple(encoding.offsets[at] for at in inside),
                )
        return tuple(found[index] for index in range(len(pairs)))


def first_words(text: str) -> str:
    return " ".join(text.split()[:FIRST_WORDS])
