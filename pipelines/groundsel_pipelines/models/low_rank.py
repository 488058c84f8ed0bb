"""What training adds to a decoder's products (Hu et al. 2022), as an adapter keeps it: a scale a row.

Names are those of the graph's inputs, `3.gate.lora_A`, of shape (rank, inputs), and `3.gate.lora_B`, (outputs, rank).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from onnxruntime import AdapterFormat, OrtValue
from safetensors import safe_open
from safetensors.numpy import save_file

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.graphs.weights import Floats

SCALE: Final = 2.0  # of what is added, whatever its rank: a rate that suits one rank suits the others
LARGEST: Final = 127
CODES, SCALES = ".codes", ".scales"


def write_low_rank(trained: Mapping[str, Floats], file: Path) -> None:
    """Write the trained matrices in eight bits."""
    tensors: dict[str, npt.NDArray[np.int8] | npt.NDArray[np.float16]] = {}
    for name, values in trained.items():
        scales = (np.abs(values).max(axis=1, keepdims=True) / LARGEST).astype(np.float16)
        divisors = np.where(scales > 0, scales, 1).astype(np.float32)
        tensors[name + CODES] = np.clip(np.rint(values / divisors), -LARGEST, LARGEST).astype(np.int8)
        tensors[name + SCALES] = scales
    save_file(tensors, file)


def read_low_rank(folder: Path) -> Iterator[tuple[str, Floats]]:
    """Give the matrices of an adapter, by name.

    Raises:
        InvalidInput: the file is missing or damaged.

    """
    adapter = SafetensorsWeights.open(folder)
    for name in sorted(adapter.names):
        if name.endswith(CODES):
            with safe_open(adapter.places[name], framework="numpy") as opened:
                codes = opened.get_tensor(name).astype(np.float32)
            short = name.removesuffix(CODES)
            yield short, np.asarray(codes * adapter(short + SCALES), np.float32)


def require_of_base(matrices: Mapping[str, Floats], products: Mapping[str, tuple[int, int]], folder: Path) -> None:
    """Refuse what is not of these products, by name and shape (outputs, inputs).

    Raises:
        InvalidInput: names the matrix.

    """
    for name, values in matrices.items():
        product, _, kind = name.rpartition(".")
        outputs, inputs = products.get(product, (0, 0))
        rank = values.shape[0] if kind == "lora_A" else values.shape[1]
        if values.shape != ((rank, inputs) if kind == "lora_A" else (outputs, rank)):
            raise InvalidInput(f"{folder} adds {name!r} of shape {values.shape}, which the base has no place for")


def write_for_runtime(matrices: Mapping[str, Floats], scale: float, file: Path) -> None:
    """Write what the runtime loads; its products are the other way around."""
    values = {
        name: OrtValue.ortvalue_from_numpy(
            np.ascontiguousarray(each.T * (scale if name.endswith("lora_B") else 1), np.float32)
        )
        for name, each in matrices.items()
    }
    adapter = AdapterFormat()
    adapter.set_adapter_version(1)
    adapter.set_model_version(1)
    adapter.set_parameters(values)  # which it does not hold: they must live until they are written
    adapter.export_adapter(str(file))  # pyright: ignore[reportArgumentType]  # its stub asks for what it does not take
