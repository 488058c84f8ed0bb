"""Runs an encoder over pairs of texts: scores, and for a reader also starts and ends of spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.models.encoder_session import EncoderSession
from groundsel_pipelines.models.tokens import read_tokenizer

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
        self._session = EncoderSession(folder / "model.onnx", threads=threads)
        self._outputs = [name for name in ("logits", "spans") if name in self._session.outputs]

    def run(self, pairs: Sequence[tuple[str, str]]) -> tuple[PairOutput, ...]:
        """Give one output a pair, in their order. The second text is cut to fit."""
        encodings = self._tokenizer.encode_batch([(first_words(first), second) for first, second in pairs])
        found: dict[int, PairOutput] = {}
        for places, (logits, *spans) in self._session.run(encodings, self._outputs):
            for row, place in enumerate(places):
                encoding = encodings[place]
                inside = [
                    at for at, (begin, end) in enumerate(encoding.offsets) if encoding.type_ids[at] and end > begin
                ]
                found[place] = PairOutput(
                    scores=logits[row],
                    spans=spans[0][row][inside] if spans else None,
                    offsets=tuple(encoding.offsets[at] for at in inside),
                )
        return tuple(found[place] for place in range(len(pairs)))


def first_words(text: str) -> str:
    return " ".join(text.split()[:FIRST_WORDS])
