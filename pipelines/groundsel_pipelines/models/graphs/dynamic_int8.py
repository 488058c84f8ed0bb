"""Dynamic quantisation of an encoder: weights to int8 when it is written, activations when it runs."""

import logging
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from onnxruntime.quantization import QuantType, quantize_dynamic

from groundsel_pipelines.models.graphs.building import FLOAT


@contextmanager
def in_precision(file: Path, precision: Literal["fp32", "int8"]) -> Generator[Path]:
    """Give the file to write in full precision: the one asked for, or one in a folder of its own, quantised then.

    Constant products are quantised per channel, activations at run time; embeddings and the rest stay float32.
    """
    if precision == "fp32":
        yield file
        return
    with tempfile.TemporaryDirectory(dir=file.parent) as folder, _quiet_quantiser():
        full = Path(folder) / "model.onnx"
        yield full
        quantize_dynamic(
            full,
            file,
            op_types_to_quantize=["MatMul", "Attention"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            use_external_data_format=True,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": FLOAT},
        )


@contextmanager
def _quiet_quantiser() -> Generator[None]:
    """Drop the quantiser's warnings, which ask for a shape inference that fused operators do not have."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
