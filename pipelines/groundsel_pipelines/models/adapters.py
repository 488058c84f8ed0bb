"""Low-rank adapters (Hu et al. 2022) of a decoder: from the files that peft saves to what the runtime loads."""

import json
from pathlib import Path
from typing import Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.checkpoints import FOLDER_NAMES
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.low_rank import write_for_runtime

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
    matrices, adapted = {}, set()
    for name in weights.names:
        layer, _, rest = name.removeprefix(PREFIX).partition(".")
        long, _, kind = rest.removesuffix(".weight").rpartition(".")
        if not name.startswith(PREFIX) or long not in SHORT or kind not in {"lora_A", "lora_B"}:
            raise InvalidInput(f"{folder}: tensor {name!r} is of a kind of adapter that is not known here")
        matrices[f"{layer}.{SHORT[long]}.{kind}"] = weights(name)
        adapted.add(SHORT[long])
    write_for_runtime(matrices, scale, file)
    return frozenset(adapted)
