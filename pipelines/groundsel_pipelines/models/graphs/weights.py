"""What every kind of checkpoint gives: tensors as numpy arrays, by name, and the facts that say what they are."""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.errors import InvalidInput

Floats = npt.NDArray[np.float32]


class NoGraphWriter(InvalidInput):
    """What is asked for has no graph writer; the library that the model comes from may be able to export it."""


def unknown_architecture(architecture: str, known: Collection[str]) -> NoGraphWriter:
    return NoGraphWriter(f"the architecture {architecture!r} has no graph writer here (known: {', '.join(known)})")


class Weights(Protocol):
    """The tensors of a checkpoint, by the names that its framework gives them."""

    @property
    def names(self) -> Collection[str]: ...

    def __call__(self, name: str) -> Floats:
        """Give a tensor as float32.

        Raises:
            InvalidInput: the checkpoint has no tensor of that name, or cannot be read there.

        """
        ...


class Facts(dict[str, Any]):
    """What a checkpoint says of itself: a `config.json`, or a GGUF file's metadata. A key that is missing is named."""

    def __init__(self, values: Mapping[str, Any], file: Path) -> None:
        super().__init__(values)
        self.file = file

    def __missing__(self, key: str) -> object:
        raise InvalidInput(f"{self.file} does not say its {key!r}; it is not complete")

    def size(self, key: str) -> int:
        """Give a number of layers, heads, rows ...: whole and above zero."""
        value = self[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidInput(f"{self.file} says {key!r} is {value!r}, which is no size")
        return value


def read_config(folder: Path) -> Facts:
    """Read a checkpoint's `config.json`.

    Raises:
        InvalidInput: it is missing, or is not a JSON object.

    """
    file = folder / "config.json"
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"{folder} has no config.json; it is not a model's folder") from None
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON ({error}); fetch it again") from None
    if not isinstance(values, dict):
        raise InvalidInput(f"{file} is not a JSON object; fetch it again")
    return Facts(values, file)


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


def require_all_read(names: Iterable[str], read: Collection[str], *, layers: str) -> None:
    """Refuse a checkpoint whose layers hold weights that the graph has no place for, as its outputs would be wrong.

    What stands outside the layers (a pooler, the head of a pre-training task) may be left; so may a table that older
    frameworks stored with their weights.

    Raises:
        InvalidInput: names the first such tensor.

    """
    left = sorted(name for name in names if name.startswith(layers) and name not in read)
    if unknown := [name for name in left if not name.endswith("rotary_emb.inv_freq")]:
        raise InvalidInput(
            f"tensor {unknown[0]!r} has no place in the model that the configuration describes "
            f"({len(unknown)} such): they do not belong together"
        )
