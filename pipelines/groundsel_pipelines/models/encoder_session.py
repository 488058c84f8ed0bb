"""Runs an encoder's graph over many texts: batches of like length, a thread a batch, as many at once as cores.

Threads that share a batch wait for each other after every operator, most of all in small batches and where other work
takes a core.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

BATCH_TOKENS: Final = 512  # padding counted: beyond it what a layer writes leaves the cache before the next reads it


class Encoded(Protocol):
    """What a tokenizer made of a text, or of a pair of them."""

    @property
    def ids(self) -> list[int]: ...
    @property
    def type_ids(self) -> list[int]: ...


class EncoderSession:
    """A graph from `input_ids`, `attention_mask` and, where it has them, `token_type_ids`."""

    def __init__(self, file: Path, *, threads: int) -> None:
        """Open it; `threads` 0 takes one a core."""
        self._cores = threads or os.cpu_count() or 1
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3  # errors only: the library's warnings are about its own optimiser
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self._inputs = [value.name for value in self._session.get_inputs()]
        self._workers = ThreadPoolExecutor(self._cores, thread_name_prefix=file.parent.name)
        self.outputs = tuple(value.name for value in self._session.get_outputs())

    def run(
        self, texts: Sequence[Encoded], outputs: Sequence[str]
    ) -> Iterator[tuple[list[int], list[npt.NDArray[np.float32]]]]:
        """Give, a batch, the places of its texts in `texts` and the outputs named, a row a text."""
        parts = batches([len(text.ids) for text in texts], at_once=self._cores)
        found = self._workers.map(lambda part: self._run([texts[place] for place in part], outputs), parts)
        return zip(parts, found, strict=True)

    def _run(self, texts: Sequence[Encoded], outputs: Sequence[str]) -> list[npt.NDArray[np.float32]]:
        """Run one batch, padded to its longest text."""
        shape = (len(texts), max(len(text.ids) for text in texts))
        ids, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
        for row, text in enumerate(texts):
            length = len(text.ids)
            ids[row, :length], mask[row, :length], types[row, :length] = text.ids, 1, text.type_ids
        known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        given = self._session.run(list(outputs), {name: known[name] for name in self._inputs})
        return [np.asarray(each, np.float32) for each in given]


def batches(lengths: Sequence[int], *, at_once: int) -> list[list[int]]:
    """Give the places of texts in batches of like length, the longest first, so that no core waits for one at the end.

    A batch has BATCH_TOKENS at most once padded, or one text; fewer where there would not be a batch for every core.
    """
    most = min(BATCH_TOKENS, -(-sum(lengths) // at_once))
    parts: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if not parts or (len(parts[-1]) + 1) * lengths[parts[-1][0]] > most:
            parts.append([])
        parts[-1].append(place)
    return parts
