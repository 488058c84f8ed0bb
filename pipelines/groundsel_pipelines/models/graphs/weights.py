"""Reads weights as numpy arrays: safetensors with their config.json, or one GGUF file; never a pickle."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import gguf
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from groundsel_pipelines.errors import InvalidInput

Floats = npt.NDArray[np.float32]


class Weights(Protocol):
    """The tensors of a checkpoint, by the names that its framework gives them."""

    def __call__(self, name: str) -> Floats:
        """Give a tensor as float32.

        Raises:
            InvalidInput: the checkpoint has no tensor of that name.

        """
        ...


@dataclass(frozen=True, slots=True)
class SafetensorsWeights:
    """All `*.safetensors` of a folder."""

    folder: Path
    places: Mapping[str, Path]

    @classmethod
    def open(cls, folder: Path) -> "SafetensorsWeights":
        """Find every tensor of a folder; reads only the headers.

        Raises:
            InvalidInput: there is no safetensors file, only a pickle, or one is cut short.

        """
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            pickles = ", ".join(file.name for file in folder.glob("*.bin")) or "no weights"
            raise InvalidInput(
                f"{folder} holds {pickles}, not safetensors; pickles can run code and are never opened: "
                "convert them with `save_pretrained(..., safe_serialization=True)`"
            )
        places: dict[str, Path] = {}
        for file in files:
            try:
                with safe_open(file, framework="numpy") as opened:
                    places.update(dict.fromkeys(opened.keys(), file))
            except SafetensorError as error:
                raise InvalidInput(f"{file} is damaged or cut short ({error}); fetch it again") from None
        return cls(folder, places)

    def __call__(self, name: str) -> Floats:
        if name not in self.places:
            raise InvalidInput(f"{self.folder} has no tensor {name!r}; the checkpoint is not complete")
        with safe_open(self.places[name], framework="numpy") as opened:
            if opened.get_slice(name).get_dtype() != "BF16":
                return np.asarray(opened.get_tensor(name), np.float32)
        return _bfloat16(self.places[name], name)


def _bfloat16(file: Path, name: str) -> Floats:
    """Read a tensor that numpy has no type for: a bfloat16 is the upper half of a float32.

    The layout is that of the safetensors format: eight bytes of length, a header of JSON, the data.
    """
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        entry = json.loads(opened.read(length))[name]
        first, last = entry["data_offsets"]
        opened.seek(8 + length + first)
        halves = np.frombuffer(opened.read(last - first), "<u2")
    return (halves.astype(np.uint32) << 16).view(np.float32).reshape(entry["shape"])


class GgufWeights:
    """One GGUF file: tensors dequantised by the gguf library, and the metadata that says what they are."""

    def __init__(self, file: Path) -> None:
        try:
            reader = gguf.GGUFReader(file)
        except (ValueError, OSError) as error:
            raise InvalidInput(f"{file} is not a GGUF file, or is cut short ({error}); fetch it again") from None
        self.file = file
        self.metadata: dict[str, Any] = {name: field.contents() for name, field in reader.fields.items()}
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}

    @classmethod
    def open(cls, file: Path) -> "GgufWeights":
        """Open a file, or give it as it was opened last: reading a vocabulary takes seconds."""
        return _opened(file, file.stat().st_mtime_ns if file.exists() else 0)

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def __call__(self, name: str) -> Floats:
        if name not in self._tensors:
            raise InvalidInput(f"{self.file} has no tensor {name!r}; the file is not complete")
        tensor = self._tensors[name]
        try:
            return gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        except NotImplementedError:
            kind = tensor.tensor_type.name
            raise InvalidInput(f"{self.file}: tensor {name!r} is of type {kind}, which is not known here") from None


@lru_cache(maxsize=1)
def _opened(file: Path, _modified: int) -> GgufWeights:
    return GgufWeights(file)


def read_config(folder: Path) -> Mapping[str, Any]:
    """Read a checkpoint's `config.json`."""
    try:
        config: Mapping[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"{folder} has no config.json; it is not a model's folder") from None
    except ValueError as error:
        raise InvalidInput(f"{folder / 'config.json'} is not JSON ({error}); fetch it again") from None
    return config


def require_shape(name: str, tensor: Floats, shape: tuple[int, ...]) -> Floats:
    """Give the tensor back if it has the shape that the configuration announces.

    Raises:
        InvalidInput: it has another; names the tensor and both shapes.

    """
    if tensor.shape != shape:
        raise InvalidInput(
            f"tensor {name!r} is {tensor.shape}, but the configuration says {shape}: they do not belong together"
        )
    return tensor
