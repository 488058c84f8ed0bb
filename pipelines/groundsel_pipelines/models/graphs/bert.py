"""BERT-like encoders (Devlin et al. 2019) as ONNX, pooled to one unit-length vector a text (Reimers et al. 2019)."""

import json
import logging
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from onnxruntime.quantization import QuantType, quantize_dynamic

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.graphs.building import FLOAT, INT32, INT64, MICROSOFT, GraphBuilder
from groundsel_pipelines.models.graphs.weights import SafetensorsWeights, Weights, read_config, require_shape

Pooling = Literal["cls", "mean"]


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
            f"the architecture {config.get('model_type')!r} with {config.get('hidden_act')!r} cannot be exported; "
            "take an encoder of the kind bert with gelu"
        )
    graph = Encoder(config, SafetensorsWeights.open(weights), pooling_of(weights)).build()
    if precision == "fp32":
        graph.save(target / "model.onnx")
    else:
        _save_int8(graph, target / "model.onnx")


class Encoder:
    """Builds one encoder's graph."""

    def __init__(self, config: Mapping[str, Any], tensors: Weights, pooling: Pooling) -> None:
        self._config = config
        self._shape = Shape.of(config)
        self._tensors = tensors
        self._pooling = pooling
        self._graph = GraphBuilder("encoder")

    def build(self) -> GraphBuilder:
        """Lay out the graph from token ids to one unit-length vector a text."""
        graph, shape = self._graph, self._shape
        states = self._embed()
        mask = graph.node("Cast", ["attention_mask"], "mask", to=INT32)
        for layer in range(shape.layers):
            states = self._layer(layer, states, mask)
        graph.node("Identity", [states], "token_embeddings")
        graph.output("token_embeddings", FLOAT, ("batch", "sequence", shape.hidden))
        self._pool(states)
        return graph

    def _embed(self) -> str:
        """Add word, position and segment embeddings and normalise: (batch, sequence, hidden)."""
        graph = self._graph
        for name in ("input_ids", "attention_mask", "token_type_ids"):
            graph.input(name, INT64, ("batch", "sequence"))
        sizes = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
        for kind, key in sizes.items():
            name = f"embeddings.{kind}_embeddings.weight"
            graph.weight(kind, require_shape(name, self._tensors(name), (self._config[key], self._shape.hidden)))
        words = graph.node("Gather", ["word", "input_ids"], "word_embeddings")
        segments = graph.node("Gather", ["token_type", "token_type_ids"], "segment_embeddings")
        size = graph.node("Shape", ["input_ids"], "ids_shape")
        length = graph.node("Slice", [size, graph.integers(1), graph.integers(2)], "length")
        first = graph.integers(0)
        positions = graph.node("Slice", ["position", first, length, first], "position_embeddings")
        placed = graph.node("Add", [segments, positions], "places")
        return self._skip_normalise("embeddings.LayerNorm", words, placed)

    def _layer(self, layer: int, states: str, mask: str) -> str:
        """Add self-attention, then the feed-forward network, each normalised together with its input."""
        graph, shape, prefix = self._graph, self._shape, f"encoder.layer.{layer}"
        square = (shape.hidden, shape.hidden)
        names = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = np.concatenate([require_shape(n, self._tensors(f"{n}.weight"), square).T for n in names], axis=1)
        bias = np.concatenate([self._tensors(f"{n}.bias") for n in names])
        attended = graph.node(
            "Attention",
            [states, graph.weight(f"{prefix}.qkv", joined), graph.weight(f"{prefix}.qkv_bias", bias), mask],
            f"{prefix}.attended",
            domain=MICROSOFT,
            num_heads=shape.heads,
        )
        output = self._product(f"{prefix}.attention.output.dense", attended, square)
        bias_name = f"{prefix}.attention.output.dense.bias"
        states = self._skip_normalise(f"{prefix}.attention.output.LayerNorm", output, states, bias=bias_name)
        wide = self._product(f"{prefix}.intermediate.dense", states, (shape.intermediate, shape.hidden))
        wide_bias = graph.weight(f"{prefix}.wide_bias", self._tensors(f"{prefix}.intermediate.dense.bias"))
        active = graph.node("BiasGelu", [wide, wide_bias], f"{prefix}.active", domain=MICROSOFT)
        narrow = self._product(f"{prefix}.output.dense", active, (shape.hidden, shape.intermediate))
        bias_name = f"{prefix}.output.dense.bias"
        return self._skip_normalise(f"{prefix}.output.LayerNorm", narrow, states, bias=bias_name)

    def _product(self, name: str, states: str, shape: tuple[int, int]) -> str:
        """Multiply with a weight of shape (outputs, inputs), without its bias, which the next operator adds."""
        weight = self._graph.weight(f"{name}.T", require_shape(name, self._tensors(f"{name}.weight"), shape).T)
        return self._graph.node("MatMul", [states, weight], f"{name}.product")

    def _skip_normalise(self, name: str, states: str, skip: str, *, bias: str = "") -> str:
        """Add `states` to `skip`, and a bias where there is one, and normalise over the hidden size."""
        gamma = self._graph.weight(f"{name}.gamma", self._tensors(f"{name}.weight"))
        beta = self._graph.weight(f"{name}.beta", self._tensors(f"{name}.bias"))
        inputs = [states, skip, gamma, beta]
        if bias:
            inputs.append(self._graph.weight(bias, self._tensors(bias)))
        epsilon = self._shape.epsilon
        return self._graph.node("SkipLayerNormalization", inputs, f"{name}.output", domain=MICROSOFT, epsilon=epsilon)

    def _pool(self, states: str) -> None:
        """Make one vector a text, the mean over its tokens or its first token, and scale it to unit length."""
        graph = self._graph
        if self._pooling == "cls":
            pooled = graph.node("Gather", [states, graph.weight("first", np.array(0, np.int64))], "pooled", axis=1)
        else:
            mask = graph.node("Cast", ["attention_mask"], "float_mask", to=FLOAT)
            rows = graph.node("Unsqueeze", [mask, graph.integers(1)], "mask_rows")  # (batch, 1, sequence)
            total = graph.node("Squeeze", [graph.node("MatMul", [rows, states], "sums"), graph.integers(1)], "total")
            count = graph.node("ReduceSum", [mask, graph.integers(1)], "count", keepdims=1)
            pooled = graph.node("Div", [total, count], "pooled")
        length = graph.node("ReduceL2", [pooled], "vector_length", axes=[1], keepdims=1)
        graph.node("Div", [pooled, length], "sentence_embedding")
        graph.output("sentence_embedding", FLOAT, ("batch", self._shape.hidden))


def pooling_of(folder: Path) -> Pooling:
    """Read how `1_Pooling` makes one vector of many; the mean where nothing is said.

    Raises:
        InvalidInput: a way that is not known here.

    """
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
    with tempfile.TemporaryDirectory() as folder, _quiet_quantiser():
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


@contextmanager
def _quiet_quantiser() -> Generator[None]:
    """Drop the quantiser's warnings, which ask for a shape inference that fused operators do not have."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
