"""Keys and values of texts side by side, a row a text: what has been read once is not read again."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import onnxruntime

from groundsel_pipelines.models.decoding.adapter import Adapter
from groundsel_pipelines.models.decoding.graph import DecoderGraph

STEP: Final = 256  # tokens that a row is made longer by


class Cache:
    """Rows of keys and values, of one adapter; each knows the tokens that it holds."""

    def __init__(self, graph: DecoderGraph, adapter: Adapter, *, rows: int, length: int) -> None:
        """Make room for texts of `length` tokens; memory that is never written costs nothing."""
        sizes = graph.sizes
        shape = len(graph.past), rows, sizes.heads, -(-length // STEP) * STEP, sizes.head_size
        self.held: list[list[int]] = [[] for _ in range(rows)]
        self._graph = graph
        self._adapter = adapter
        self.values = np.empty(shape, np.float32)  # one block, which goes back to the system as a whole
        self._bindings: dict[tuple[int, int], onnxruntime.IOBinding] = {}

    @property
    def rows(self) -> int:
        return len(self.held)

    @property
    def length(self) -> int:
        return self.values.shape[3]

    @property
    def nbytes(self) -> int:
        return self.values.nbytes

    def grown(self, *, rows: int, length: int) -> "Cache":
        """Give a cache of at least this many rows of this length, holding the same; this one, if it is large enough."""
        if rows <= self.rows and length <= self.length:
            return self
        rows = self.rows if rows <= self.rows else max(rows, 2 * self.rows)
        larger = Cache(self._graph, self._adapter, rows=rows, length=max(length, self.length))
        for row in range(self.rows):
            larger.copy(self, row, row)
        return larger

    def copy(self, source: "Cache", origin: int, row: int, *, tokens: int | None = None) -> None:
        """Let a row hold what one of `source` holds, or the first `tokens` of it."""
        held = source.held[origin][:tokens]
        if source is not self or origin != row:
            self.values[:, row, :, : len(held)] = source.values[:, origin, :, : len(held)]
        self.held[row] = held

    def binding(self, first: int, count: int) -> onnxruntime.IOBinding:
        """Give the binding of `count` rows from the first, as past and present alike."""
        if (first, count) not in self._bindings:
            binding = self._bindings[first, count] = self._graph.binding()
            for past, present, values in zip(self._graph.past, self._graph.present, self.values, strict=True):
                rows = values[first : first + count]
                binding.bind_input(past, "cpu", 0, np.float32, rows.shape, rows.ctypes.data)
                binding.bind_output(present, "cpu", 0, np.float32, rows.shape, rows.ctypes.data)
            for name, value in self._adapter.values.items():
                binding.bind_ortvalue_input(name, value)
        return self._bindings[first, count]

    def like(self, tokens: Sequence[int]) -> tuple[int, int]:
        """Give the row that begins most like these tokens, and how many it has in common with them."""
        alike = [shared(held, tokens) for held in self.held]
        row = int(np.argmax(alike))
        return row, alike[row]


def shared(first: Sequence[int], second: Sequence[int]) -> int:
    """Count the tokens with which both begin."""
    both = min(len(first), len(second))
    return next((at for at in range(both) if first[at] != second[at]), both)
