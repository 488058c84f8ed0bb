"""Rotary position embedding: how fast each pair of a head's values turns with the position (Su et al. 2021)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.models.graphs.weights import NoGraphWriter

Frequencies = npt.NDArray[np.float64]
"""Radians a position, shape (head_size / 2,)."""


def frequencies(head_size: int, base: float) -> Frequencies:
    """Give the frequencies of a model without scaling."""
    turns: Frequencies = base ** -(np.arange(0, head_size, 2, dtype=np.float64) / head_size)
    return turns


def scaled(turns: Frequencies, scaling: Mapping[str, Any]) -> Frequencies:
    """Stretch the frequencies as a `rope_scaling` of config.json says.

    `linear` slows all of them (Chen et al. 2023); `llama3` only those that turn less than once in the original
    context, with a smooth passage between (Grattafiori et al. 2024, section 3.4.2, in its published form).

    Raises:
        NoGraphWriter: another kind of scaling.

    """
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "default":
        return turns
    if kind == "linear":
        return turns / float(scaling["factor"])
    if kind != "llama3":
        raise NoGraphWriter(f"the rotary scaling {kind!r} has no graph writer here (known: linear, llama3)")
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turned = scaling["original_max_position_embeddings"] * turns / (2 * np.pi)  # in the original context
    kept = np.clip((turned - low) / (high - low), 0, 1)
    stretched: Frequencies = kept * turns + (1 - kept) * turns / scaling["factor"]
    return stretched
