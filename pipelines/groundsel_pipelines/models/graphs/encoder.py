"""BERT-like encoders (Devlin et al. 2019) as ONNX, with a head: one vector a text, or scores of a pair of texts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np

from groundsel_pipelines.models.graphs.building import FLOAT, INT32, INT64, MICROSOFT, GraphBuilder
from groundsel_pipelines.models.graphs.dynamic_int8 import in_precision
from groundsel_pipelines.models.graphs.encoder_checkpoints import EncoderCheckpoint, open_encoder
from groundsel_pipelines.models.graphs.heads import add_embedding_head, add_scoring_head, add_span_head

Head = Literal["embedding", "scores", "spans"]

# In which the word table is stored: it is most of a quantised encoder, and half precision takes nothing that int8 left
WORDS_IN: Final[Mapping[Literal["fp32", "int8"], type[np.floating]]] = {"fp32": np.float32, "int8": np.float16}


def write_encoder(weights: Path, target: Path, *, precision: Literal["fp32", "int8"], head: Head = "embedding") -> None:
    """Write `target/model.onnx` from a folder with config.json, safetensors and the sentence-transformers modules.

    Inputs: input_ids, attention_mask, token_type_ids, int64 of shape (batch, sequence). Outputs: `token_embeddings`,
    (batch, sequence, hidden), and that of the head: `sentence_embedding`, (batch, dimensions), unit length, or
    `logits`, (batch, labels), of a cross-encoder; a reader has `spans` too, (batch, sequence, 2), starts and ends.

    Raises:
        InvalidInput: another architecture, a tensor that is missing or of another shape, or weights that are a pickle.

    """
    checkpoint = open_encoder(weights)
    with in_precision(target / "model.onnx", precision) as file:
        graph = GraphBuilder("encoder", file)
        _add_all(graph, Encoder(graph, checkpoint, words=WORDS_IN[precision]), checkpoint, weights, head)
        graph.save()


def _add_all(graph: GraphBuilder, encoder: "Encoder", checkpoint: EncoderCheckpoint, weights: Path, head: Head) -> None:
    states = encoder.build()
    if head == "embedding":
        add_embedding_head(graph, weights, states, checkpoint.shape.hidden)
    else:
        add_scoring_head(graph, checkpoint, states)
    if head == "spans":
        add_span_head(graph, checkpoint, states)
    checkpoint.require_all_read()


class Encoder:
    """Builds the layers of one encoder."""

    def __init__(
        self, graph: GraphBuilder, checkpoint: EncoderCheckpoint, *, words: type[np.floating] = np.float32
    ) -> None:
        self._graph = graph
        self._checkpoint = checkpoint
        self._words = words
        self._shape = checkpoint.shape

    def build(self) -> str:
        """Lay out the graph from token ids to the last hidden states, and give their name."""
        graph, shape = self._graph, self._shape
        for name in ("input_ids", "attention_mask", "token_type_ids"):
            graph.input(name, INT64, ("batch", "sequence"))
        size = graph.node("Shape", ["input_ids"], "ids_shape")
        self._length = graph.node("Slice", [size, graph.integers(1), graph.integers(2)], "length")
        states = self._embed()
        mask = graph.node("Cast", ["attention_mask"], "mask", to=INT32)
        bias = self._distances()
        for layer in range(shape.layers):
            states = self._layer(layer, states, mask, bias)
        graph.node("Identity", [states], "token_embeddings")
        graph.output("token_embeddings", FLOAT, ("batch", "sequence", shape.hidden))
        return states

    def _embed(self) -> str:
        """Add word, position and segment embeddings and normalise: (batch, sequence, hidden)."""
        graph, shape, first = self._graph, self._shape, self._shape.first_position
        graph.weight("position", self._checkpoint.table("position", first + shape.positions)[first:])
        words = self._look_up()
        start = graph.integers(0)
        places = graph.node("Slice", ["position", start, self._length, start], "position_embeddings")
        if shape.types:
            graph.weight("token_type", self._checkpoint.table("token_type", shape.types))
            segments = graph.node("Gather", ["token_type", "token_type_ids"], "segment_embeddings")
            places = graph.node("Add", [segments, places], "places")
            return self._skip_normalise("embeddings", words, places)
        summed = graph.node("Add", [words, places], "summed")
        scale, shift = self._checkpoint.norm("embeddings")
        inputs = [summed, graph.weight("embeddings.scale", scale), graph.weight("embeddings.shift", shift)]
        return graph.node("LayerNormalization", inputs, "embeddings.output", axis=-1, epsilon=shape.epsilon)

    def _look_up(self) -> str:
        """Give the words' embeddings in full precision, whatever the table is stored in: (batch, sequence, hidden)."""
        table = self._checkpoint.table("word", self._shape.vocabulary).astype(self._words)
        rows = self._graph.node("Gather", [self._graph.weight("word", table), "input_ids"], "word_rows")
        return self._graph.node("Cast", [rows], "word_embeddings", to=FLOAT)

    def _distances(self) -> str:
        """Give the part of the relative bias that a text of this length needs; "" where there is none."""
        graph = self._graph
        table = self._checkpoint.relative_bias()
        if table is None:
            return ""
        start, axes = graph.integers(0, 0), graph.integers(2, 3)
        ends = graph.node("Concat", [self._length, self._length], "lengths", axis=0)
        return graph.node("Slice", [graph.weight("distances", table), start, ends, axes], "relative_bias")

    def _layer(self, layer: int, states: str, mask: str, bias: str) -> str:
        """Add self-attention, then the feed-forward network, each normalised together with its input."""
        shape = self._shape
        attended = self._attend_by_distance(layer, states, mask, bias) if bias else self._attend(layer, states, mask)
        output = self._product(f"{layer}.o", attended, (shape.hidden, shape.hidden))
        states = self._skip_normalise(f"{layer}.attention_norm", output, states, bias_of=f"{layer}.o")
        wide = self._product(f"{layer}.wide", states, (shape.intermediate, shape.hidden))
        active = self._activate(f"{layer}.wide", wide)
        narrow = self._product(f"{layer}.narrow", active, (shape.hidden, shape.intermediate))
        return self._skip_normalise(f"{layer}.output_norm", narrow, states, bias_of=f"{layer}.narrow")

    def _attend(self, layer: int, states: str, mask: str) -> str:
        """Project to queries, keys and values with one product, and attend (Vaswani et al. 2017)."""
        graph, shape = self._graph, self._shape
        parts = [f"{layer}.{part}" for part in ("q", "k", "v")]
        joined = np.concatenate([self._checkpoint.weight(part, (shape.hidden,) * 2).T for part in parts], axis=1)
        inputs = [states, graph.weight(f"{layer}.qkv", joined), self._joined_bias(layer), mask]
        return graph.node("Attention", inputs, f"{layer}.attended", domain=MICROSOFT, num_heads=shape.heads)

    def _attend_by_distance(self, layer: int, states: str, mask: str, bias: str) -> str:
        """Attend with a bias by distance. The operator is another one, as the quantised `Attention` takes no bias."""
        graph, size = self._graph, (self._shape.hidden, self._shape.hidden)
        parts = [self._product(f"{layer}.{part}", states, size) for part in ("q", "k", "v")]
        inputs = [*parts, self._joined_bias(layer), mask, bias]
        name = f"{layer}.attended"
        return graph.node("MultiHeadAttention", inputs, name, domain=MICROSOFT, num_heads=self._shape.heads)

    def _joined_bias(self, layer: int) -> str:
        biases = [self._checkpoint.bias(f"{layer}.{part}", self._shape.hidden) for part in ("q", "k", "v")]
        return self._graph.weight(f"{layer}.qkv_bias", np.concatenate(biases))

    def _product(self, name: str, states: str, size: tuple[int, int]) -> str:
        """Multiply with a weight of shape (outputs, inputs), without its bias, which the next operator adds."""
        weight = self._graph.weight(f"{name}.T", self._checkpoint.weight(name, size).T)
        return self._graph.node("MatMul", [states, weight], f"{name}.product")

    def _activate(self, name: str, states: str) -> str:
        """Add the bias and apply GELU (Hendrycks and Gimpel 2016), exact or by its tanh approximation."""
        bias = self._graph.weight(f"{name}.bias", self._checkpoint.bias(name, self._shape.intermediate))
        operator = "BiasGelu" if self._shape.activation == "gelu" else "FastGelu"
        return self._graph.node(operator, [states, bias], f"{name}.active", domain=MICROSOFT)

    def _skip_normalise(self, name: str, states: str, skip: str, *, bias_of: str = "") -> str:
        """Add `states` to `skip`, and a bias where there is one, and normalise over the hidden size."""
        scale, shift = self._checkpoint.norm(name)
        inputs = [states, skip, self._graph.weight(f"{name}.scale", scale), self._graph.weight(f"{name}.shift", shift)]
        if bias_of:
            inputs.append(self._graph.weight(f"{bias_of}.bias", self._checkpoint.bias(bias_of, self._shape.hidden)))
        epsilon = self._shape.epsilon
        return self._graph.node("SkipLayerNormalization", inputs, f"{name}.output", domain=MICROSOFT, epsilon=epsilon)
