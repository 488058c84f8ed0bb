"""Block-wise weights for MatMulNBits: each run of 32 values along the input shares one scale and one zero point."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.weights import Floats

BLOCK: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """A weight of shape (outputs, inputs) in the layout of onnxruntime's MatMulNBits."""

    packed: npt.NDArray[np.uint8]  # (outputs, inputs / 32, bytes of a block)
    scales: Floats  # (outputs * inputs / 32,)
    zero_points: npt.NDArray[np.uint8] | None  # None: the middle of the range
    bits: Literal[4, 8]
    inputs: int
    outputs: int


def quantise(weight: Floats, bits: Literal[4, 8]) -> Blocks:
    """Round a weight of shape (outputs, inputs) to 8 bits, symmetric, or to 4 bits with a zero point a block.

    Raises:
        InvalidInput: its rows cannot be cut into blocks.

    """
    outputs, inputs = weight.shape
    if inputs % BLOCK:
        raise InvalidInput(f"a weight of {inputs} columns cannot be cut into blocks of {BLOCK}; export it as fp32")
    blocks = weight.reshape(outputs, inputs // BLOCK, BLOCK)
    return _eight_bits(blocks, inputs) if bits == 8 else _four_bits(blocks, inputs)  # noqa: PLR2004 - the type says it


def _eight_bits(blocks: Floats, inputs: int) -> Blocks:
    scales = np.abs(blocks).max(axis=-1, keepdims=True) / 127
    safe = np.where(scales == 0, 1, scales)
    packed = (np.rint(blocks / safe) + 128).astype(np.uint8)
    return Blocks(
        packed=packed, scales=scales.astype(np.float32).ravel(), zero_points=None, bits=8, inputs=inputs,
        outputs=len(blocks),
    )  # fmt: skip


def _four_bits(blocks: Floats, inputs: int) -> Blocks:
    low = np.minimum(blocks.min(axis=-1, keepdims=True), 0)
    high = np.maximum(blocks.max(axis=-1, keepdims=True), 0)
    scales = (high - low) / 15
    safe = np.where(scales == 0, 1, scales)
    zeros = np.rint(-low / safe)
    values = np.clip(np.rint(blocks / safe) + zeros, 0, 15).astype(np.uint8)
    return Blocks(
        packed=_nibbles(values),
        scales=scales.astype(np.float32).ravel(),
        zero_points=_nibbles(zeros[..., 0].astype(np.uint8)),
        bits=4,
        inputs=inputs,
        outputs=len(blocks),
    )


def _nibbles(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Put two values in a byte along the last axis, the first in the low half; an odd end is filled with zero."""
    if values.shape[-1] % 2:
        values = np.concatenate([values, np.zeros_like(values[..., :1])], axis=-1)
    packed: npt.NDArray[np.uint8] = np.bitwise_or(
        values[..., 0::2], np.left_shift(values[..., 1::2], 4), dtype=np.uint8
    )
    return packed
