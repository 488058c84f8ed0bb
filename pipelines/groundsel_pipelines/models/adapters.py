"""Low-rank adapters (Hu et al. 2022) of a decoder: from the files that peft saves to what onnxruntime-genai loads."""

import json
from pathlib import Path
from typing import Final

import numpy as np
from onnxruntime import AdapterFormat, OrtValue

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.checkpoints import FOLDER_NAMES
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights

PREFIX: Final = "base_model.model.model.layers."
SHORT: Final = {long: short for short, long in FOLDER_NAMES.items()}


def write_adapter(folder: Path, file: Path) -> frozenset[str]:
    """Write an `.onnx_adapter` of a peft folder; give the products it adds to: those its base must be written with.

    Raises:
        InvalidInput: it is no adapter of low rank, or changes what no graph of ours takes; names the tensor.

    """
    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{folder} holds no adapter of low rank ({error!r}); save one with peft") from None
    scale = alpha / (rank**0.5 if config.get("use_rslora") else rank)
    weights = SafetensorsWeights.open(folder)
    parameters, adapted = {}, set()
    for name in weights.names:
        layer, _, rest = name.removeprefix(PREFIX).partition(".")
        long, _, kind = rest.removesuffix(".weight").rpartition(".")
        if not name.startswith(PREFIX) or long not in SHORT or kind not in {"lora_A", "lora_B"}:
            raise InvalidInput(f"{folder}: tensor {name!r} is of a kind of adapter that is not known here")
        values = weights(name).T * (scale if kind == "lora_B" else 1)
        parameters[f"{layer}.{SHORT[long]}.{kind}"] = OrtValue.ortvalue_from_numpy(
            np.ascontiguousarray(values, np.float32)
        )
        adapted.add(SHORT[long])
    adapter = AdapterFormat()
    adapter.set_adapter_version(1)
    adapter.set_model_version(1)
    adapter.set_parameters(parameters)
    adapter.export_adapter(str(file))  # pyright: ignore[reportArgumentType]  # its stub asks for what it does not take
    return frozenset(adapted)
