"""Adapters of an encoder: what training changed in the base's weights, in four bits, with the head in full.

A difference is far smaller than the weight it is added to, so that a coarse one loses nothing that can be measured
(Liu et al. 2024, "BitDelta", go down to one bit). All layers are trained, which a low rank would not allow, and still
a small model's adapter stays within a few megabytes.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save_file

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.graphs.weights import Floats, Weights

GROUP: Final = 32  # numbers that share a scale
LEVELS: Final = 7  # from -7 to 7
FILE: Final = "adapter.safetensors"
CODES, SCALES, WHOLE = ".codes", ".scales", ".difference"

Stored = npt.NDArray[np.uint8] | npt.NDArray[np.float16]


def write_differences(base: Weights, trained: Mapping[str, Floats], folder: Path) -> None:
    """Write `adapter.safetensors`: of the base's tensors what changed, of others (the head) all."""
    tensors: dict[str, Stored] = {}
    for name, values in trained.items():
        if name not in base.names:
            tensors[name] = values.astype(np.float16)
        elif values.ndim == 1 or values.size % GROUP:
            tensors[name + WHOLE] = (values - base(name)).astype(np.float16)
        else:
            tensors[name + CODES], tensors[name + SCALES] = packed(values - base(name))
    save_file(tensors, folder / FILE)


def apply_differences(base: Weights, folder: Path) -> Iterator[tuple[str, Floats]]:
    """Give every tensor of the adapted model: the base's, with what training changed, and the head.

    Raises:
        InvalidInput: the file is missing or damaged, or changes a tensor that the base has not.

    """
    adapter = SafetensorsWeights.open(folder)
    heads = {name for name in adapter.names if not name.endswith((CODES, SCALES, WHOLE))}
    for name in base.names:
        if name.endswith("embeddings.position_ids"):
            continue  # 0, 1, 2, ...: older frameworks stored them with the weights
        values = base(name)
        if name + CODES in adapter.names:
            values = values + unpacked(_bytes(adapter, name + CODES), adapter(name + SCALES), values.shape)
        elif name + WHOLE in adapter.names:
            values = values + adapter(name + WHOLE)
        yield name, values
    changed = {name.removesuffix(CODES).removesuffix(WHOLE) for name in adapter.names} - heads
    if unknown := {name for name in changed if not name.endswith(SCALES)} - set(base.names):
        raise InvalidInput(
            f"{folder} changes the tensor {min(unknown)!r}, which the base has not: it is of another base"
        )
    for name in sorted(heads):
        yield name, adapter(name)


def packed(values: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Round to four bits: two codes a byte, and a scale for every 32 numbers, the one that errs least of several."""
    groups = values.reshape(-1, GROUP)
    widest = np.abs(groups).max(axis=1, keepdims=True) / LEVELS
    best, least = widest, np.full(widest.shape, np.inf, np.float32)
    for shrunk in np.linspace(0.7, 1.0, 7, dtype=np.float32):  # a few clipped numbers may make the others finer
        scales = (widest * shrunk).astype(np.float16).astype(np.float32)
        error = ((_rounded(groups, scales) * scales - groups) ** 2).sum(axis=1, keepdims=True)
        best, least = np.where(error < least, scales, best), np.minimum(error, least)
    codes = (_rounded(groups, best) + LEVELS + 1).astype(np.uint8).reshape(-1)
    halves = np.asarray(codes[::2] | (codes[1::2] << 4), np.uint8)
    return halves, best.astype(np.float16).reshape(-1)


def unpacked(codes: npt.NDArray[np.uint8], scales: Floats, shape: tuple[int, ...]) -> Floats:
    """Give back the numbers that `packed` rounded."""
    both = np.stack([codes & 15, codes >> 4], axis=1).reshape(-1, GROUP).astype(np.float32) - (LEVELS + 1)
    return np.asarray(both * scales.reshape(-1, 1), np.float32).reshape(shape)


def _rounded(groups: Floats, scales: Floats) -> Floats:
    whole = np.divide(groups, scales, out=np.zeros_like(groups), where=scales > 0)
    return np.asarray(np.clip(np.rint(whole), -LEVELS, LEVELS), np.float32)


def _bytes(adapter: SafetensorsWeights, name: str) -> npt.NDArray[np.uint8]:
    with safe_open(adapter.places[name], framework="numpy") as opened:
        return np.asarray(opened.get_tensor(name), np.uint8)
