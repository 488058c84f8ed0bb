"""Block-wise weights for MatMulNBits: each run of 32 values along the input shares one scale around the middle."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.weights import Floats

BLOCK: Final = 32

# Where in the 16 steps, from -8 to 7, the largest value of a block may come to lie: beyond the end it is cut off, and
# the others are the finer for it. Nine places would err by 4 % less than these three, in three times the time.
REACHES: Final = (-8.4, -7.6, -6.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """A weight of shape (outputs, inputs) in the layout of onnxruntime's MatMulNBits."""

    packed: npt.NDArray[np.uint8]  # (outputs, inputs / 32, bytes of a block)
    scales: Floats  # (outputs, inputs / 32)


def quantise(weight: Floats, bits: Literal[4, 8]) -> Blocks:
    """Round a weight of shape (outputs, inputs) to 8 or 4 bits a value.

    Raises:
        InvalidInput: its rows cannot be cut into blocks.

    """
    outputs, inputs = weight.shape
    if inputs % BLOCK:
        raise InvalidInput(f"a weight of {inputs} columns cannot be cut into blocks of {BLOCK}; export it as fp32")
    blocks = weight.reshape(outputs, inputs // BLOCK, BLOCK)
    return _eight_bits(blocks) if bits == 8 else _four_bits(blocks)  # noqa: PLR2004 - the type says it


def _eight_bits(blocks: Floats) -> Blocks:
    scales = np.abs(blocks).max(axis=-1, keepdims=True) / 127
    packed = (np.rint(blocks / _divisors(scales)) + 128).astype(np.uint8)
    return Blocks(packed=packed, scales=scales[..., 0].astype(np.float32))


def _four_bits(blocks: Floats) -> Blocks:
    """Try each reach, fit the scale to the values as rounded by least squares, and keep what errs least."""
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=-1, keepdims=True), axis=-1)
    values, scales = np.zeros_like(blocks), np.zeros_like(largest)
    least = np.full_like(largest, np.inf)
    for reach in REACHES:
        rounded = np.clip(np.rint(blocks / _divisors(largest / np.float32(reach))), -8, 7)
        fitted = (rounded * blocks).sum(axis=-1, keepdims=True) / _divisors((rounded**2).sum(axis=-1, keepdims=True))
        error = ((rounded * fitted - blocks) ** 2).sum(axis=-1, keepdims=True)
        better = error < least
        values, scales = np.where(better, rounded, values), np.where(better, fitted, scales)
        least = np.where(better, error, least)
    return Blocks(packed=nibbles((values + 8).astype(np.uint8)), scales=scales[..., 0].astype(np.float32))


def _divisors(values: Floats) -> Floats:
    """Give the same with ones for zeros: a block of zeros stays one."""
    return np.where(values == 0, np.float32(1), values)


def nibbles(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Put two values in a byte along the last axis, the first in the low half."""
    packed: npt.NDArray[np.uint8] = np.bitwise_or(
        values[..., 0::2], np.left_shift(values[..., 1::2], 4), dtype=np.uint8
    )
    return packed
