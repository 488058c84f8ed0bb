"""An adapter beside its base writes what the merged weights would write."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.adapters import write_adapter
from groundsel_pipelines.models.exporting import export
from groundsel_pipelines.models.graphs import write_decoder
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.protocols import Prompt
from tiny_models import HIDDEN, LAYERS, WIDE, as_weights, told, write_tiny_decoder

PARTS = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.v_proj": (HIDDEN // 2, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (WIDE, HIDDEN),
    "mlp.down_proj": (HIDDEN, WIDE),
}
PROMPT = Prompt(system="the desk", user="annual leave is")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_decoder(tmp_path_factory.mktemp("weights") / "tiny")


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an adapter of rank 4 as peft saves it."""
    folder = tmp_path_factory.mktemp("adapter")
    generator = np.random.default_rng(11)
    tensors = {}
    for layer in range(LAYERS):
        for part, (outputs, inputs) in PARTS.items():
            for kind, shape in (("lora_A", (4, inputs)), ("lora_B", (outputs, 4))):
                name = f"base_model.model.model.layers.{layer}.{part}.{kind}.weight"
                tensors[name] = generator.normal(0, 0.2, shape).astype(np.float32)
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8}), encoding="utf-8")
    return folder


def merged(weights: Path, adapter: Path, folder: Path) -> Path:
    """Add the adapter to the weights themselves: W + alpha / r * B A."""
    write_tiny_decoder(folder)
    tensors, added = load_file(weights / "model.safetensors"), load_file(adapter / "adapter_model.safetensors")
    for layer in range(LAYERS):
        for part in PARTS:
            name = f"model.layers.{layer}.{part}"
            down, up = (added[f"base_model.model.{name}.{kind}.weight"] for kind in ("lora_A", "lora_B"))
            tensors[f"{name}.weight"] += 8 / 4 * up @ down
    save_file(tensors, folder / "model.safetensors")
    return folder


def test_one_base_writes_by_itself_and_with_an_adapter(weights: Path, adapter: Path, tmp_path: Path) -> None:
    adapted = write_adapter(adapter, tmp_path / "task.onnx_adapter")
    assert adapted == {"q", "v", "o", "gate", "down"}
    plain = export(as_weights(weights), tmp_path / "plain", precision="fp32", progress=told)
    folder = merged(weights, adapter, tmp_path / "merged")
    export(as_weights(folder), tmp_path / "whole", precision="fp32", progress=told)
    (tmp_path / "base").mkdir()
    write_decoder(weights, tmp_path / "base", precision="fp32", adapted=adapted)
    base = OnnxLanguageModel(tmp_path / "base", plain, threads=1)
    ids = base.prompt_ids(PROMPT)
    alone, whole = (
        list(OnnxLanguageModel(tmp_path / name, plain, threads=1).decoder.generate(ids, max_tokens=16))
        for name in ("plain", "whole")
    )

    base.decoder.load_adapter(tmp_path / "task.onnx_adapter", "task")

    assert alone != whole
    assert list(base.decoder.generate(ids, max_tokens=16)) == alone
    assert list(base.decoder.generate(ids, max_tokens=16, adapter="task")) == whole
    assert list(base.decoder.generate(ids, max_tokens=16)) == alone


def test_an_adapter_of_another_kind_is_named(adapter: Path, tmp_path: Path) -> None:
    tensors = load_file(adapter / "adapter_model.safetensors")
    strange = "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector"
    save_file({**tensors, strange: np.ones(HIDDEN, np.float32)}, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_text('{"r": 4, "lora_alpha": 8}', encoding="utf-8")

    with pytest.raises(InvalidInput, match="lora_magnitude_vector"):
        write_adapter(tmp_path, tmp_path / "task.onnx_adapter")


def test_what_is_no_adapter_is_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no adapter of low rank"):
        write_adapter(weights, tmp_path / "task.onnx_adapter")
