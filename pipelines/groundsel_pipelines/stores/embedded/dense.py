"""The dense leg: every passage's vector in memory as float16, searched exactly by faiss under a permission bitmap."""

import faiss
import numpy as np
import numpy.typing as npt

from groundsel_pipelines.stores.embedded.reading import PassageKey
from groundsel_pipelines.types import Vectors

DEAD_SHARE = 0.2  # of all positions; beyond it the index is packed, as dead vectors cost as much as live ones


class DenseIndex:
    """Positions are append-only: a document that is replaced leaves dead positions behind until the next packing."""

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._clear()

    def _clear(self) -> None:
        self._index = faiss.IndexScalarQuantizer(
            self._dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        self._slots: npt.NDArray[np.int32] = np.empty(0, np.int32)  # slot of the document; -1 once dead
        self._keys: npt.NDArray[np.int64] = np.empty((0, 2), np.int64)  # row of the document, ordinal
        self._positions: dict[int, tuple[int, int]] = {}  # document row -> first position, number of passages
        self._dead = 0

    def remove(self, row: int) -> None:
        """Make a document's vectors unfindable."""
        if row in self._positions:
            first, number = self._positions.pop(row)
            self._slots[first : first + number] = -1
            self._dead += number

    def add(self, documents: list[tuple[int, int, Vectors]]) -> None:
        """Append documents as (row, slot, float16 vectors of shape (passages, dimensions))."""
        documents = [document for document in documents if len(document[2])]
        if not documents:
            return
        first = len(self._slots)
        counts = [len(vectors) for _, _, vectors in documents]
        rows = np.repeat([row for row, _, _ in documents], counts)
        ordinals = np.concatenate([np.arange(count) for count in counts])
        self._keys = np.concatenate([self._keys, np.stack([rows, ordinals], axis=1)])
        self._slots = np.concatenate([self._slots, np.repeat([slot for _, slot, _ in documents], counts)]).astype(
            np.int32
        )
        codes = np.ascontiguousarray(np.concatenate([vectors for _, _, vectors in documents]), "<f2")
        self._index.add_sa_codes(codes.view(np.uint8).reshape(len(codes), -1))  # float16 is the index's own code
        for (row, _, _), count in zip(documents, counts, strict=True):
            self._positions[row] = (first, count)
            first += count

    def pack(self) -> None:
        """Drop dead positions where they have become many."""
        if self._dead <= DEAD_SHARE * len(self._slots):
            return
        alive = np.flatnonzero(self._slots >= 0)
        codes = faiss.vector_to_array(self._index.codes).reshape(len(self._slots), -1)[alive]
        slots, keys = self._slots[alive], self._keys[alive]
        self._clear()
        self._slots, self._keys = slots, keys
        self._index.add_sa_codes(np.ascontiguousarray(codes))
        rows, firsts, counts = np.unique(keys[:, 0], return_index=True, return_counts=True)
        self._positions = {
            int(row): (int(first), int(count)) for row, first, count in zip(rows, firsts, counts, strict=True)
        }

    def search(self, vector: Vectors, mask: npt.NDArray[np.bool_], top_k: int) -> list[tuple[PassageKey, float]]:
        """Give the nearest passages by cosine among the documents that `mask` (one flag per slot) leaves."""
        if not mask.any() or not len(self._slots):
            return []
        selected = mask[self._slots] & (self._slots >= 0)
        bitmap = np.packbits(selected, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(self._slots), faiss.swig_ptr(bitmap))
        # The library shares out queries, not vectors: of one query, every other thread would only wait, spinning
        faiss.omp_set_num_threads(1)
        scores, positions = self._index.search(
            np.ascontiguousarray(vector, np.float32),
            top_k,
            params=faiss.SearchParameters(sel=selector),  # type: ignore[call-arg]  # its stub omits it
        )
        return [
            ((int(self._keys[position, 0]), int(self._keys[position, 1])), float(score))
            for score, position in zip(scores[0], positions[0], strict=True)
            if position >= 0
        ]
