"""Reads a folder of safetensors as numpy arrays; never a pickle."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.weights import Floats


@dataclass(frozen=True, slots=True)
class SafetensorsWeights:
    """All `*.safetensors` of a folder."""

    folder: Path
    places: Mapping[str, Path]

    @classmethod
    def open(cls, folder: Path) -> "SafetensorsWeights":
        """Find every tensor of a folder; reads only the headers.

        Raises:
            InvalidInput: there is no safetensors file, only a pickle, or one is cut short; names what is cut off.

        """
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            pickles = ", ".join(file.name for file in sorted(folder.glob("*.bin"))) or "no weights"
            raise InvalidInput(
                f"{folder} holds {pickles}, not safetensors; pickles can run code and are never opened: "
                "where you trust them, open and save them with a current transformers, which writes safetensors"
            )
        places: dict[str, Path] = {}
        for file in files:
            try:
                with safe_open(file, framework="numpy") as opened:
                    places.update(dict.fromkeys(opened.keys(), file))
            except SafetensorError as error:
                lost = f"tensor {name!r} is not whole" if (name := _first_cut_off(file)) else str(error)
                raise InvalidInput(f"{file} is damaged or cut short ({lost}); fetch it again") from None
        return cls(folder, places)

    @property
    def names(self) -> Collection[str]:
        return self.places.keys()

    def count(self) -> int:
        """Give the numbers in all tensors together; reads only the headers."""
        files = {file: _header(file)[0] for file in set(self.places.values())}
        return sum(prod(files[file][name]["shape"]) for name, file in self.places.items())

    def __call__(self, name: str) -> Floats:
        if name not in self.places:
            raise InvalidInput(f"{self.folder} has no tensor {name!r}; the checkpoint is not complete")
        with safe_open(self.places[name], framework="numpy") as opened:
            kind = opened.get_slice(name).get_dtype()
            if kind in {"F64", "F32", "F16"}:
                return np.asarray(opened.get_tensor(name), np.float32)
        if kind == "BF16":
            return _bfloat16(self.places[name], name)
        raise InvalidInput(
            f"{self.places[name]}: tensor {name!r} is of type {kind}, which is not known here; "
            "take the model's weights before they were quantised"
        )


def _bfloat16(file: Path, name: str) -> Floats:
    """Read a tensor that numpy has no type for: a bfloat16 is the upper half of a float32."""
    header, data = _header(file)
    first, last = header[name]["data_offsets"]
    with file.open("rb") as opened:
        opened.seek(data + first)
        halves = np.frombuffer(opened.read(last - first), "<u2")
    return (halves.astype(np.uint32) << 16).view(np.float32).reshape(header[name]["shape"])


def _first_cut_off(file: Path) -> str:
    """Name the first tensor that a file announces and no longer holds; "" where not even the header can be read."""
    try:
        header, data = _header(file)
        ends = {name: data + entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    size = file.stat().st_size
    return next((name for name in sorted(ends, key=ends.__getitem__) if ends[name] > size), "")


def _header(file: Path) -> tuple[dict[str, Any], int]:
    """Give what a file announces, and where its data begin: eight bytes of length, a header of JSON, the data."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if length > file.stat().st_size:
            raise ValueError(f"a header of {length} bytes")
        return json.loads(opened.read(length)), 8 + length
