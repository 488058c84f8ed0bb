"""Weights in blocks of 32: what a decoder multiplies with is near what it was trained with."""

import numpy as np
import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.quantising import BLOCK, Blocks, quantise
from groundsel_pipelines.models.graphs.weights import Floats

WEIGHT = np.random.default_rng(7).standard_normal((24, 3 * BLOCK), np.float32)


def multiplied(blocks: Blocks, bits: int) -> Floats:
    """Give the weight that the operator sees, by its documentation: (value - middle) * scale, low half first."""
    values = blocks.packed
    if bits == 4:
        values = np.stack([values & 15, values >> 4], axis=-1).reshape(*values.shape[:2], BLOCK)
    centred = values.astype(np.float32) - 2 ** (bits - 1)
    return np.asarray(centred * blocks.scales[..., None], np.float32).reshape(len(values), -1)


def test_eight_bits_err_by_half_a_step_at_most() -> None:
    blocks = quantise(WEIGHT, 8)
    gaps = np.abs(multiplied(blocks, 8) - WEIGHT).reshape(24, 3, BLOCK)
    assert (gaps <= blocks.scales[..., None] * 0.501).all()


def test_four_bits_err_less_than_steps_that_reach_to_the_largest_value() -> None:
    steps = np.abs(WEIGHT.reshape(24, 3, BLOCK)).max(axis=-1, keepdims=True) / 8
    plain = np.clip(np.rint(WEIGHT.reshape(24, 3, BLOCK) / steps), -8, 7) * steps
    fitted = multiplied(quantise(WEIGHT, 4), 4).reshape(24, 3, BLOCK)
    assert ((fitted - WEIGHT.reshape(24, 3, BLOCK)) ** 2).mean() < 0.9 * (
        (plain - WEIGHT.reshape(24, 3, BLOCK)) ** 2
    ).mean()


@pytest.mark.parametrize("bits", [4, 8])
def test_a_block_of_zeros_stays_one(bits: int) -> None:
    weight = WEIGHT.copy()
    weight[:, BLOCK : 2 * BLOCK] = 0
    found = multiplied(quantise(weight, 8 if bits == 8 else 4), bits)
    assert not found[:, BLOCK : 2 * BLOCK].any()
    assert np.isfinite(found).all()


def test_four_bits_that_a_weight_already_has_are_kept_exactly() -> None:
    values = np.random.default_rng(8).integers(-8, 8, (6, 2 * BLOCK)).astype(np.float32)
    values[:, ::BLOCK] = -8
    assert np.allclose(multiplied(quantise(values * 0.03, 4), 4), values * 0.03, atol=1e-6)


def test_rows_that_cannot_be_cut_into_blocks_are_refused() -> None:
    with pytest.raises(InvalidInput, match="33 columns cannot be cut into blocks of 32"):
        quantise(np.zeros((2, 33), np.float32), 4)
