"""Reads one GGUF file: tensors dequantised by the gguf library, and the metadata that says what they are."""

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import gguf
import numpy as np

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.weights import Facts, Floats


class GgufWeights:
    """The tensors and the metadata of one file."""

    def __init__(self, file: Path) -> None:
        try:
            reader = _Reader(file)
        except (ValueError, LookupError, OSError, OverflowError) as error:
            raise InvalidInput(f"{file} is not a GGUF file, or is cut short ({error}); fetch it again") from None
        self.file = file
        self.metadata = Facts({name: field.contents() for name, field in reader.fields.items()}, file)
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}

    @classmethod
    def open(cls, file: Path) -> "GgufWeights":
        """Open a file, or give it as it was opened last: reading a vocabulary takes seconds."""
        return _opened(file, file.stat().st_mtime_ns if file.exists() else 0)

    @property
    def names(self) -> Collection[str]:
        return self._tensors.keys()

    def count(self) -> int:
        """Give the numbers in all tensors together."""
        return sum(int(tensor.n_elements) for tensor in self._tensors.values())

    def __call__(self, name: str) -> Floats:
        if name not in self._tensors:
            raise InvalidInput(f"{self.file} has no tensor {name!r}; the file is not complete")
        tensor = self._tensors[name]
        try:
            return gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        except NotImplementedError:
            kind = tensor.tensor_type.name
            raise InvalidInput(f"{self.file}: tensor {name!r} is of type {kind}, which is not known here") from None


class _Reader(gguf.GGUFReader):
    """The library's reader; it says that something is wrong with a tensor, and here also with which."""

    def _build_tensors(self, start_offs: int, fields: list[gguf.ReaderField]) -> None:
        for field in fields:
            *_, sizes, kind, offset = field.parts
            known = {each.value for each in gguf.GGMLQuantizationType}
            if int(kind[0]) not in known:
                raise ValueError(f"tensor {field.name!r} is of type {kind[0]}, which is not known here")
            block, bytes_of_block = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(int(kind[0]))]
            size = int(np.prod(sizes)) * bytes_of_block // block
            if start_offs + int(offset[0]) + size > len(self.data):
                raise ValueError(f"tensor {field.name!r} is not whole")
        super()._build_tensors(start_offs, fields)


@lru_cache(maxsize=1)
def _opened(file: Path, _modified: int) -> GgufWeights:
    return GgufWeights(file)
