"""Llama-like decoders (Touvron et al. 2023) as ONNX: grouped-query attention, rotary embedding, SwiGLU, RMS norms."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal

import numpy as np

from groundsel_pipelines.models.graphs.building import FLOAT, INT32, INT64, MICROSOFT, GraphBuilder
from groundsel_pipelines.models.graphs.checkpoints import Checkpoint, open_checkpoint
from groundsel_pipelines.models.graphs.genai_config import genai_config
from groundsel_pipelines.models.graphs.gguf_tokenizer import write_tokenizer
from groundsel_pipelines.models.graphs.quantising import BLOCK, quantise
from groundsel_pipelines.models.graphs.weights import Floats

Precision = Literal["fp32", "int8", "int4"]

# Of embedding and output layer in every quantised form: four bits there cost more than they save
HEAD_BITS: Final = 8
JOINED: Final = "qkv"  # the name of the three projections of an attention as one product
# The input that names the columns whose logits are given: those of a whole prompt would be a fifth of the work of
# reading it, where the model is small and its words are many
ASKED: Final = "asked_columns"


def write_decoder(
    weights: Path,
    target: Path,
    *,
    precision: Precision,
    adapted: Collection[str] = frozenset(),
) -> None:
    """Write what `decoding` runs: `model.onnx`, `genai_config.json` and the tokenizer's files.

    Args:
        weights: a folder with config.json and safetensors, or one GGUF file.
        target: an empty folder.
        precision: int8 and int4 are MatMulNBits, block 32.
        adapted: the products to which an adapter may add, of q, k, v, o, gate, up, down: optional inputs of the graph.

    Raises:
        NoGraphWriter: it has no graph writer.
        InvalidInput: a tensor is missing, of another shape, of an unknown type, or one too many.

    """
    checkpoint = open_checkpoint(weights)
    graph = GraphBuilder("decoder", target / "model.onnx")
    Decoder(graph, checkpoint, precision, adapted).build()
    checkpoint.require_all_read()
    graph.save()
    write_companions(checkpoint, weights, target)


def write_companions(checkpoint: Checkpoint, weights: Path, target: Path) -> None:
    """Write what is looked for beside a graph: its description and the tokenizer's files."""
    config = json.dumps(genai_config(checkpoint), indent=2)
    (target / "genai_config.json").write_text(config + "\n", encoding="utf-8")
    write_tokenizer(weights, target)


class Decoder:
    """Builds one decoder's graph."""

    def __init__(
        self, graph: GraphBuilder, checkpoint: Checkpoint, precision: Precision, adapted: Collection[str]
    ) -> None:
        self._graph = graph
        self._checkpoint = checkpoint
        self._shape = checkpoint.shape
        self._precision = precision
        self._adapted = adapted

    def build(self) -> None:
        """Lay out the graph from tokens and the past to logits and the present, by onnxruntime-genai's names."""
        graph, shape = self._graph, self._shape
        graph.input("input_ids", INT64, ("batch", "sequence"))
        graph.input("attention_mask", INT64, ("batch", "total"))
        graph.input(ASKED, INT64, ("asked",))
        past = ("batch", shape.key_heads, "past", shape.head_size)
        for layer in range(shape.layers):
            for part in ("key", "value"):
                graph.input(f"past_key_values.{layer}.{part}", FLOAT, past)
        self._lengths()
        self._rotation()
        residual = self._embed()
        states = graph.node(
            "SimplifiedLayerNormalization", [residual, self._norm("0.attention_norm")], "0.normalised",
            axis=-1, epsilon=shape.epsilon,
        )  # fmt: skip
        for layer in range(shape.layers):
            following = f"{layer + 1}.attention_norm" if layer + 1 < shape.layers else "norm"
            states, residual = self._layer(layer, states, residual, following)
        states = graph.node("Gather", [states, ASKED], "asked_states", axis=1)
        self._product("head", states, (shape.vocabulary, shape.hidden), output="logits")
        graph.output("logits", FLOAT, ("batch", "asked", shape.vocabulary))
        present = ("batch", shape.key_heads, "total", shape.head_size)
        for layer in range(shape.layers):
            for part in ("key", "value"):
                graph.output(f"present.{layer}.{part}", FLOAT, present)

    def _lengths(self) -> None:
        """Compute what the attention asks: the last position of each sequence, and the length of the longest."""
        graph = self._graph
        total = graph.node("ReduceSum", ["attention_mask", graph.integers(1)], "lengths", keepdims=0)
        graph.node("Cast", [graph.node("Sub", [total, graph.integers(1)], "last")], "last_position", to=INT32)
        columns = graph.node("Shape", ["attention_mask"], "mask_shape")
        width = graph.node("Gather", [columns, graph.weight("one", np.array(1, np.int64))], "mask_width", axis=0)
        graph.node("Cast", [width], "total_length", to=INT32)

    def _rotation(self) -> None:
        """Cosines and sines for every position (Su et al. 2021), shape (context, head_size / 2)."""
        angles = np.outer(np.arange(self._shape.context), self._shape.turns)
        self._graph.weight("cosines", np.cos(angles).astype(np.float32))
        self._graph.weight("sines", np.sin(angles).astype(np.float32))

    def _embed(self) -> str:
        """Look the tokens up; quantised, in the very blocks that the output layer multiplies with."""
        graph, shape = self._graph, self._shape
        size = (shape.vocabulary, shape.hidden)
        if self._precision == "fp32" or not shape.tied:
            graph.weight("embed", self._checkpoint.weight("embed", size))
            return graph.node("Gather", ["embed", "input_ids"], "embedded")
        self._blocks("head", size, self._bits("head"))
        rows = graph.node("Gather", ["head.packed", "input_ids"], "embedded_blocks")
        values = graph.node("Cast", [rows], "embedded_values", to=FLOAT)
        centred = graph.node("Sub", [values, graph.weight("middle", np.array(128, np.float32))], "embedded_centred")
        scales = graph.node("Gather", ["head.scales", "input_ids"], "embedded_scales")
        scales = graph.node("Unsqueeze", [scales, graph.integers(-1)], "embedded_scale_blocks")
        scaled = graph.node("Mul", [centred, scales], "embedded_scaled")
        return graph.node("Reshape", [scaled, graph.integers(0, 0, shape.hidden)], "embedded")

    def _layer(self, layer: int, states: str, residual: str, following: str) -> tuple[str, str]:
        """Attention and feed-forward; gives the next layer's normalised input and the running sum."""
        graph, shape = self._graph, self._shape
        attended = self._attention(layer, states)
        output = self._product(f"{layer}.o", attended, (shape.hidden, shape.heads * shape.head_size))
        states, residual = self._add_and_normalise(f"{layer}.feed_forward_norm", output, residual)
        wide = (shape.intermediate, shape.hidden)
        gate = self._product(f"{layer}.gate", states, wide)
        up = self._product(f"{layer}.up", states, wide)
        swish = graph.node("Mul", [gate, graph.node("Sigmoid", [gate], f"{layer}.sigmoid")], f"{layer}.swish")
        active = graph.node("Mul", [swish, up], f"{layer}.active")
        down = self._product(f"{layer}.down", active, (shape.hidden, shape.intermediate))
        return self._add_and_normalise(following, down, residual)

    def _attention(self, layer: int, states: str) -> str:
        """Project to queries, keys and values, by one product where no adapter adds to one of them, and attend."""
        shape, rows = self._shape, self._rows_of_heads()
        if any(part in self._adapted for part in rows):
            parts = [self._product(f"{layer}.{part}", states, (count, shape.hidden)) for part, count in rows.items()]
        else:
            parts = [self._product(f"{layer}.{JOINED}", states, (sum(rows.values()), shape.hidden)), "", ""]
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        outputs = [f"{layer}.attended", f"present.{layer}.key", f"present.{layer}.value"]
        self._graph.nodes(
            "GroupQueryAttention",
            [*parts, *past, "last_position", "total_length", "cosines", "sines"],
            outputs,
            domain=MICROSOFT,
            num_heads=shape.heads,
            kv_num_heads=shape.key_heads,
            scale=shape.head_size**-0.5,
            do_rotary=1,
            rotary_interleaved=0,
            local_window_size=shape.window,
        )
        return outputs[0]

    def _rows_of_heads(self) -> dict[str, int]:
        shape = self._shape
        heads = {"q": shape.heads, "k": shape.key_heads, "v": shape.key_heads}
        return {part: count * shape.head_size for part, count in heads.items()}

    def _norm(self, name: str) -> str:
        return self._graph.weight(name, self._checkpoint.weight(name, (self._shape.hidden,)))

    def _add_and_normalise(self, name: str, states: str, residual: str) -> tuple[str, str]:
        outputs = [f"{name}.normalised_sum", "", "", f"{name}.sum"]
        self._graph.nodes(
            "SkipSimplifiedLayerNormalization",
            [residual, states, self._norm(name)],
            outputs,
            domain=MICROSOFT,
            epsilon=self._shape.epsilon,
        )
        return outputs[0], outputs[3]

    def _product(self, name: str, states: str, size: tuple[int, int], *, output: str = "") -> str:
        """Multiply with the weight `name` of shape (outputs, inputs), in the precision asked for; add what is due."""
        graph, part, output = self._graph, name.rpartition(".")[2], output or f"{name}.output"
        adapted = part in self._adapted
        biased = ("q" if part == JOINED else part) in self._shape.biases
        product = f"{name}.product" if adapted or biased else output
        if self._precision == "fp32":
            weight = graph.weight(f"{name}.T", self._weight(name, size).T)
            graph.node("MatMul", [states, weight], product)
        else:
            bits = self._bits(name)
            graph.node(
                "MatMulNBits", [states, *self._blocks(name, size, bits)], product, domain=MICROSOFT,
                K=size[1], N=size[0], bits=bits, block_size=BLOCK, accuracy_level=4,
            )  # fmt: skip
        if biased:
            bias = graph.weight(f"{name}.bias", self._bias(name, size[0]))
            product = graph.node("Add", [product, bias], f"{name}.biased" if adapted else output)
        if adapted:
            graph.node("Add", [product, self._correction(name, states, size)], output)
        return output

    def _bits(self, name: str) -> Literal[4, 8]:
        return HEAD_BITS if name == "head" or self._precision == "int8" else 4

    def _correction(self, name: str, states: str, size: tuple[int, int]) -> str:
        """Give what an adapter adds, B(Ax) (Hu et al. 2022); of rank zero, and nothing, where none is loaded."""
        graph = self._graph
        down = graph.optional_input(f"{name}.lora_A", FLOAT, (size[1], "rank"))
        up = graph.optional_input(f"{name}.lora_B", FLOAT, ("rank", size[0]))
        return graph.node("MatMul", [graph.node("MatMul", [states, down], f"{name}.low"), up], f"{name}.correction")

    def _blocks(self, name: str, size: tuple[int, int], bits: Literal[4, 8]) -> list[str]:
        """Store a weight in blocks, once: tied, the output layer's are the embedding's."""
        graph = self._graph
        packed, scales = f"{name}.packed", f"{name}.scales"
        if packed not in graph:
            blocks = quantise(self._weight(name, size), bits)
            graph.weight(packed, blocks.packed)
            graph.weight(scales, blocks.scales)
        return [packed, scales]

    def _weight(self, name: str, size: tuple[int, int]) -> Floats:
        layer, _, part = name.rpartition(".")
        if part != JOINED:
            return self._checkpoint.weight(self._tensor(name), size)
        rows = self._rows_of_heads().items()
        return np.concatenate([self._checkpoint.weight(f"{layer}.{each}", (count, size[1])) for each, count in rows])

    def _bias(self, name: str, size: int) -> Floats:
        layer, _, part = name.rpartition(".")
        if part != JOINED:
            return self._checkpoint.bias(name, size)
        rows = self._rows_of_heads().items()
        return np.concatenate([self._checkpoint.bias(f"{layer}.{each}", count) for each, count in rows])

    def _tensor(self, name: str) -> str:
        return "embed" if name == "head" and self._shape.tied else name
