"""Weights that are not what they say are refused with the tensor's name, and nothing is left half-written."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from safetensors.numpy import load_file, save_file

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models import library_graphs
from groundsel_pipelines.models.exporting import export
from tiny_gguf import write_gguf
from tiny_models import as_weights, told, write_tiny_decoder, write_tiny_encoder

ENCODER_TENSOR = "encoder.layer.1.output.dense.bias"
DECODER_TENSOR = "model.layers.1.mlp.down_proj.weight"


def refused(weights: Path, target: Path, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        export(as_weights(weights), target / "tiny", precision="fp32", progress=told)
    assert list(target.iterdir()) == []


def change_tensors(folder: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def change_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | changes), encoding="utf-8")


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return write_tiny_encoder(tmp_path / "encoder")


@pytest.fixture
def decoder(tmp_path: Path) -> Path:
    return write_tiny_decoder(tmp_path / "decoder")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def gguf_file(decoder: Path, tmp_path: Path) -> Path:
    config = json.loads((decoder / "config.json").read_text(encoding="utf-8"))
    tensors = load_file(decoder / "model.safetensors")
    return write_gguf(tmp_path / "tiny.gguf", tensors, config, kind=Kind.Q8_0, tokens=["a"] * config["vocab_size"])


def test_a_missing_tensor_is_named(encoder: Path, decoder: Path, target: Path) -> None:
    change_tensors(encoder, lambda tensors: tensors.pop(ENCODER_TENSOR))
    refused(encoder, target, f"no tensor '{ENCODER_TENSOR}'")

    change_tensors(decoder, lambda tensors: tensors.pop(DECODER_TENSOR))
    refused(decoder, target, f"no tensor '{DECODER_TENSOR}'")


def test_a_tensor_of_another_shape_is_named_with_both(encoder: Path, decoder: Path, target: Path) -> None:
    change_config(encoder, intermediate_size=96)
    refused(encoder, target, r"'encoder.layer.0.intermediate.dense.weight' is \(128, 64\), .* says \(96, 64\)")

    change_config(decoder, num_key_value_heads=4)
    refused(decoder, target, r"'model.layers.0.self_attn.k_proj.weight' is \(32, 64\), .* says \(64, 64\)")


def test_layers_that_the_configuration_does_not_know_are_named(encoder: Path, decoder: Path, target: Path) -> None:
    change_config(encoder, num_hidden_layers=1)
    refused(encoder, target, r"'encoder.layer.1.attention.output.LayerNorm.bias' has no place")

    change_config(decoder, num_hidden_layers=1)
    refused(decoder, target, r"'model.layers.1.input_layernorm.weight' has no place")


def test_a_weight_of_another_kind_of_model_is_named(decoder: Path, target: Path) -> None:
    extra = {"model.layers.0.self_attn.q_norm.weight": np.ones(16, np.float32)}
    change_tensors(decoder, lambda tensors: tensors.update(extra))

    refused(decoder, target, "'model.layers.0.self_attn.q_norm.weight' has no place")


def test_a_file_cut_short_is_named_with_the_first_tensor_that_it_lacks(decoder: Path, target: Path) -> None:
    file = decoder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])

    refused(decoder, target, r"cut short \(tensor 'model\..*' is not whole\)")


@pytest.mark.parametrize("content", [b"", b"cut", b"\xff" * 64, struct.pack("<Q", 2) + b"[]"])
def test_a_file_that_is_no_safetensors_is_named(encoder: Path, target: Path, content: bytes) -> None:
    (encoder / "model.safetensors").write_bytes(content)

    refused(encoder, target, "model.safetensors is damaged or cut short")


def test_a_tensor_of_an_unknown_type_is_named(encoder: Path, target: Path) -> None:
    change_tensors(encoder, lambda tensors: tensors.update({ENCODER_TENSOR: tensors[ENCODER_TENSOR].astype(np.int8)}))

    refused(encoder, target, f"tensor '{ENCODER_TENSOR}' is of type I8")


def test_a_pickle_is_never_opened(encoder: Path, target: Path) -> None:
    (encoder / "model.safetensors").rename(encoder / "pytorch_model.bin")

    refused(encoder, target, r"pytorch_model\.bin, not safetensors; pickles can run code")


@pytest.mark.parametrize("size", [0, -1, "64", None, 6.4, True])
def test_what_is_no_size_is_named(encoder: Path, decoder: Path, target: Path, size: object) -> None:
    change_config(encoder, hidden_size=size)
    refused(encoder, target, "says 'hidden_size' is")

    change_config(decoder, num_hidden_layers=size)
    refused(decoder, target, "says 'num_hidden_layers' is")


def test_a_configuration_that_lacks_a_size_is_named(encoder: Path, target: Path) -> None:
    config = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
    del config["num_attention_heads"]
    (encoder / "config.json").write_text(json.dumps(config), encoding="utf-8")

    refused(encoder, target, "does not say its 'num_attention_heads'")


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_configuration_that_is_no_object_is_named(encoder: Path, target: Path, content: str) -> None:
    (encoder / "config.json").write_text(content, encoding="utf-8")

    refused(encoder, target, r"config\.json is not")


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_graphs, "NEEDED", ("a_library_that_nobody_has",))


@pytest.mark.usefixtures("without_the_extra")
def test_an_architecture_that_is_not_known_is_named_with_the_command_that_helps(
    encoder: Path, decoder: Path, target: Path
) -> None:
    change_config(encoder, model_type="distilbert")
    refused(
        encoder, target, r"'distilbert' has no graph writer.*pip install 'groundsel\[export\]', then run this command"
    )

    change_config(decoder, model_type="gemma2")
    refused(decoder, target, r"'gemma2' has no graph writer.*pip install 'groundsel\[export\]', then run this command")


@pytest.mark.usefixtures("without_the_extra")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "the rotary scaling 'yarn'"),
        ({"hidden_act": "gelu"}, "the activation 'gelu'"),
        ({"use_sliding_window": True}, "a sliding window in some layers"),
    ],
)
def test_what_else_has_no_graph_writer_is_named(
    decoder: Path, target: Path, change: dict[str, object], reason: str
) -> None:
    change_config(decoder, **change)

    refused(decoder, target, f"{reason}.*groundsel\\[export\\]")


def test_a_scaling_of_positions_that_lacks_a_figure_is_named(decoder: Path, target: Path) -> None:
    change_config(decoder, rope_scaling={"rope_type": "llama3", "factor": 4.0})
    refused(decoder, target, "does not say its 'low_freq_factor'")


def test_a_gguf_file_cut_short_is_named_with_the_tensor_that_it_lacks(gguf_file: Path, target: Path) -> None:
    gguf_file.write_bytes(gguf_file.read_bytes()[:-64])

    refused(gguf_file, target, r"cut short \(tensor '.*' is not whole\)")


def test_a_gguf_tensor_of_an_unknown_type_is_named(gguf_file: Path, target: Path) -> None:
    name, content = b"blk.1.ffn_down.weight", gguf_file.read_bytes()
    kind = content.index(name) + len(name) + 4 + 2 * 8  # after the name: the number of dimensions, two of them
    assert content[kind : kind + 4] == struct.pack("<I", Kind.Q8_0)
    gguf_file.write_bytes(content[:kind] + struct.pack("<I", 999) + content[kind + 4 :])

    refused(gguf_file, target, r"tensor 'blk\.1\.ffn_down\.weight' is of type 999")


@pytest.mark.parametrize("length", [0, 3, 40, 900])
def test_a_gguf_file_without_its_beginning_is_refused(gguf_file: Path, target: Path, length: int) -> None:
    gguf_file.write_bytes(gguf_file.read_bytes()[:length])

    refused(gguf_file, target, "is not a GGUF file, or is cut short")


@pytest.mark.usefixtures("without_the_extra")
def test_a_gguf_tokenizer_of_an_unknown_kind_is_named(gguf_file: Path, target: Path) -> None:
    refused(gguf_file, target, r"tokenizer None.*groundsel\[export\]")


def test_a_failed_export_leaves_the_former_one(encoder: Path, target: Path) -> None:
    export(as_weights(encoder), target / "tiny", precision="fp32", progress=told)
    before = (target / "tiny" / "manifest.json").read_bytes()
    (encoder / "model.safetensors").write_bytes(b"cut short")

    with pytest.raises(InvalidInput, match="damaged or cut short"):
        export(as_weights(encoder), target / "tiny", precision="fp32", progress=told)
    assert (target / "tiny" / "manifest.json").read_bytes() == before
    assert {path.name for path in target.iterdir()} == {"tiny"}
