"""BERT-like encoders (Devlin et al. 2019) as ONNX, pooled to one unit-length vector a text (Reimers and Gurevych 2019)."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.building import FLOAT, INT64, MICROSOFT, GraphBuilder
from groundsel_pipelines.models.graphs.weights import Floats, SafetensorsWeights, Weights, read_config, require_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of an encoder."""

    layers: int
    heads: int
    hidden: int
    intermediate: int
    epsilon: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Shape":
        return cls(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            hidden=config["hidden_size"],
            intermediate=config["intermediate_size"],
            epsilon=config["layer_norm_eps"],
        )


def write_encoder(weights: Path, target: Path, *, precision: Literal["fp32", "int8"]) -> None:
    """Write `target/model.onnx` from a folder with config.json, safetensors and the sentence-transformers modules.

    Inputs: input_ids, attention_mask, token_type_ids, int64 of shape (batch, sequence). Outputs: `sentence_embedding`,
    (batch, hidden), unit length, and `token_embeddings`, (batch, sequence, hidden).

    Raises:
        InvalidInput: another architecture, a tensor that is missing or of another shape, or weights that are a pickle.

    """
    config = read_config(weights)
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise InvalidInput(
            f"the architecture {config.get('model_type')!r} with {config.get('hidden_act')!r} has no graph writer here; "
            "use `groundsel models export NAME --library`, from the extra groundsel[export]"
        )
    shape, tensors = Shape.of(config), SafetensorsWeights.open(weights)
    graph = GraphBuilder("encoder")
    states = _embed(graph, config, shape, tensors)
    mask = graph.node("Cast", ["attention_mask"], "mask", to=6)  # int32
    for layer in range(shape.layers):
        states = _layer(graph, shape, tensors, layer, states, mask)
    graph.node("Identity", [states], "token_embeddings")
    graph.output("token_embeddings", FLOAT, ("batch", "sequence", shape.hidden))
    _pool(graph, weights, states, shape)
    if precision == "fp32":
        graph.save(target / "model.onnx")
    else:
        _save_int8(graph, target / "model.onnx")


def _embed(graph: GraphBuilder, config: Mapping[str, Any], shape: Shape, tensors: Weights) -> str:
    """Sum of word, position and segment embeddings, normalised: (batch, sequence, hidden)."""
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        graph.input(name, INT64, ("batch", "sequence"))
    sizes = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    for kind, key in sizes.items():
        name = f"embeddings.{kind}_embeddings.weight"
        graph.weight(kind, require_shape(name, tensors(name), (config[key], shape.hidden)))
    words = graph.node("Gather", ["word", "input_ids"], "word_embeddings")
    segments = graph.node("Gather", ["token_type", "token_type_ids"], "segment_embeddings")
    length = graph.node(
        "Slice", [graph.node("Shape", ["input_ids"], "ids_shape"), graph.integers(1), graph.integers(2)], "length"
    )
    positions = graph.node("Slice", ["position", graph.integers(0), length, graph.integers(0)], "position_embeddings")
    placed = graph.node("Add", [segments, positions], "places")
    return _skip_normalise(graph, tensors, "embeddings.LayerNorm", words, placed, "", shape.epsilon)


def _layer(graph: GraphBuilder, shape: Shape, tensors: Weights, layer: int, states: str, mask: str) -> str:
    """Self-attention, then the feed-forward network, each added to its input and normalised."""
    prefix, name = f"encoder.layer.{layer}", f"layer{layer}"
    square = (shape.hidden, shape.hidden)
    names = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
    joined = np.concatenate([require_shape(n, tensors(f"{n}.weight"), square).T for n in names], axis=1)
    bias = np.concatenate([tensors(f"{n}.bias") for n in names])
    attended = graph.node(
        "Attention",
        [states, graph.weight(f"{name}_qkv", joined), graph.weight(f"{name}_qkv_bias", bias), mask],
        f"{name}_attended",
        domain=MICROSOFT,
        num_heads=shape.heads,
    )
    output = _linear(graph, tensors, f"{prefix}.attention.output.dense", attended, square)
    states = _skip_normalise(
        graph, tensors, f"{prefix}.attention.output.LayerNorm", output, states,
        f"{prefix}.attention.output.dense.bias", shape.epsilon,
    )  # fmt: skip
    wide = _linear(graph, tensors, f"{prefix}.intermediate.dense", states, (shape.intermediate, shape.hidden))
    wide_bias = graph.weight(f"{name}_wide_bias", tensors(f"{prefix}.intermediate.dense.bias"))
    active = graph.node("BiasGelu", [wide, wide_bias], f"{name}_active", domain=MICROSOFT)
    narrow = _linear(graph, tensors, f"{prefix}.output.dense", active, (shape.hidden, shape.intermediate))
    return _skip_normalise(
        graph, tensors, f"{prefix}.output.LayerNorm", narrow, states, f"{prefix}.output.dense.bias", shape.epsilon
    )


def _linear(graph: GraphBuilder, tensors: Weights, name: str, states: str, shape: tuple[int, int]) -> str:
    """A product with a weight of shape (outputs, inputs), without its bias, which the next operator adds."""
    weight = graph.weight(f"{name}.T", require_shape(name, tensors(f"{name}.weight"), shape).T)
    return graph.node("MatMul", [states, weight], f"{name}.product")


def _skip_normalise(
    graph: GraphBuilder, tensors: Weights, name: str, states: str, skip: str, bias: str, epsilon: float
) -> str:
    inputs = [states, skip, graph.weight(f"{name}.gamma", tensors(f"{name}.weight"))]
    inputs.append(graph.weight(f"{name}.beta", tensors(f"{name}.bias")))
    if bias:
        inputs.append(graph.weight(bias, tensors(bias)))
    return graph.node("SkipLayerNormalization", inputs, f"{name}.output", domain=MICROSOFT, epsilon=epsilon)


def _pool(graph: GraphBuilder, folder: Path, states: str, shape: Shape) -> None:
    """One vector a text: the mean over its tokens or its first token, as `1_Pooling` says, then unit length."""
    if _pooling(folder) == "cls":
        pooled = graph.node("Gather", [states, graph.weight("first", np.array(0, np.int64))], "pooled", axis=1)
    else:
        mask = graph.node("Cast", ["attention_mask"], "float_mask", to=FLOAT)
        columns = graph.node("Unsqueeze", [mask, graph.integers(1)], "mask_rows")  # (batch, 1, sequence)
        total = graph.node("Squeeze", [graph.node("MatMul", [columns, states], "sums"), graph.integers(1)], "total")
        count = graph.node("ReduceSum", [mask, graph.integers(1)], "count", keepdims=1)
        pooled = graph.node("Div", [total, count], "pooled")
    length = graph.node("ReduceL2", [pooled], "vector_length", axes=[1], keepdims=1)
    graph.node("Div", [pooled, length], "sentence_embedding")
    graph.output("sentence_embedding", FLOAT, ("batch", shape.hidden))


def _pooling(folder: Path) -> Literal["cls", "mean"]:
    file = folder / "1_Pooling" / "config.json"
    modes = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"pooling_mode_mean_tokens": True}
    wanted = sorted(key for key, value in modes.items() if key.startswith("pooling_mode_") and value is True)
    if wanted == ["pooling_mode_mean_tokens"]:
        return "mean"
    if wanted == ["pooling_mode_cls_token"]:
        return "cls"
    raise InvalidInput(f"{file} asks for {', '.join(wanted) or 'nothing'}; here the mean and the first token are known")


def _save_int8(graph: GraphBuilder, path: Path) -> None:
    """Quantise the constant products per channel, activations at run time; embeddings and the rest stay float32."""
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "model.onnx"
        graph.save(full)
        quantize_dynamic(
            full,
            path,
            op_types_to_quantize=["MatMul", "Attention"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": FLOAT},
        )


__all__ = ["Floats", "write_encoder"]
