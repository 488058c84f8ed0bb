"""What stands on top of an encoder: pooling to one unit-length vector (Reimers and Gurevych 2019), or a classifier."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from groundsel_pipelines.models.graphs.building import FLOAT, GraphBuilder
from groundsel_pipelines.models.graphs.encoder_checkpoints import EncoderCheckpoint
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.graphs.weights import NoGraphWriter, require_shape

Pooling = Literal["cls", "mean"]

POOLED: Final = "sentence_embedding"  # what sentence-transformers calls the one vector of a text
SWITCHES: Final = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
ACTIVATIONS: Final = {  # by the last part of the name that torch gives it
    "Identity": "Identity",
    "Tanh": "Tanh",
    "ReLU": "Relu",
    "Sigmoid": "Sigmoid",
}


def add_embedding_head(graph: GraphBuilder, folder: Path, states: str, hidden: int) -> None:
    """Pool the states (batch, sequence, hidden), apply the dense layers of `modules.json`, scale to unit length."""
    if pooling_of(folder) == "cls":
        pooled = graph.node("Gather", [states, graph.weight("first", np.array(0, np.int64))], "pooled", axis=1)
    else:
        mask = graph.node("Cast", ["attention_mask"], "float_mask", to=FLOAT)
        rows = graph.node("Unsqueeze", [mask, graph.integers(1)], "mask_rows")  # (batch, 1, sequence)
        total = graph.node("Squeeze", [graph.node("MatMul", [rows, states], "sums"), graph.integers(1)], "total")
        count = graph.node("ReduceSum", [mask, graph.integers(1)], "count", keepdims=1)
        pooled = graph.node("Div", [total, count], "pooled")
    dimensions = hidden
    for layer in dense_layers(folder):
        pooled, dimensions = _dense(graph, layer, pooled, dimensions)
    length = graph.node("ReduceL2", [pooled], "vector_length", axes=[1], keepdims=1)
    graph.node("Div", [pooled, length], "sentence_embedding")
    graph.output("sentence_embedding", FLOAT, ("batch", dimensions))


def pooling_of(folder: Path) -> Pooling:
    """Read how `1_Pooling` makes one vector of many; the mean where nothing is said.

    Raises:
        NoGraphWriter: a way that is not known here.

    """
    file = folder / "1_Pooling" / "config.json"
    wanted = _pooling_modes(_read(file)) if file.exists() else ["mean"]
    if wanted == ["mean"]:
        return "mean"
    if wanted == ["cls"]:
        return "cls"
    raise NoGraphWriter(
        f"{file} asks for {', '.join(wanted) or 'nothing'}; here the mean and the first token are known"
    )


def _pooling_modes(said: Mapping[str, Any]) -> list[str]:
    """Read the names that sentence-transformers writes since version 6, or the switches that it wrote before."""
    named = said.get("pooling_mode")
    if named is not None:
        return [named] if isinstance(named, str) else list(named)
    return sorted(SWITCHES.get(key, key) for key, on in said.items() if key.startswith("pooling_mode_") and on is True)


def dense_layers(folder: Path) -> list[Path]:
    """Give the folders of the dense layers that `modules.json` names, in order.

    Raises:
        NoGraphWriter: it names a kind of module that is not known here.

    """
    if not (folder / "modules.json").exists():
        return []
    found = []
    for module in json.loads((folder / "modules.json").read_text(encoding="utf-8")):
        kind = module["type"].rsplit(".", 1)[-1]
        if kind == "Dense":
            found.append(folder / module["path"])
        elif kind not in {"Transformer", "Pooling", "Normalize"}:
            raise NoGraphWriter(f"{folder / 'modules.json'} names a module {kind!r} that is not known here")
    return found


def _dense(graph: GraphBuilder, folder: Path, states: str, inputs: int) -> tuple[str, int]:
    config, tensors, name = _read(folder / "config.json"), SafetensorsWeights.open(folder), folder.name
    if (given := config.get("module_input_name", POOLED)) != POOLED:
        raise NoGraphWriter(f"{folder / 'config.json'} is of {given!r}; here a layer over one vector a text is known")
    kind = str(config.get("activation_function", "Identity")).rsplit(".", 1)[-1]
    if kind not in ACTIVATIONS:
        raise NoGraphWriter(f"{folder / 'config.json'} asks for {kind!r}; known are {', '.join(ACTIVATIONS)}")
    outputs = int(config["out_features"])
    weight = require_shape("linear.weight", tensors("linear.weight"), (outputs, inputs))
    states = graph.node("MatMul", [states, graph.weight(f"{name}.T", weight.T)], f"{name}.product")
    if config.get("bias", True):
        bias = graph.weight(f"{name}.bias", require_shape("linear.bias", tensors("linear.bias"), (outputs,)))
        states = graph.node("Add", [states, bias], f"{name}.sum")
    return graph.node(ACTIVATIONS[kind], [states], f"{name}.active"), outputs


def add_scoring_head(graph: GraphBuilder, checkpoint: EncoderCheckpoint, states: str) -> None:
    """Score a pair of texts from its first token: BERT's pooler and classifier, or RoBERTa's two dense layers.

    Raises:
        InvalidInput: the checkpoint has no classifier.

    """
    tensors, hidden = checkpoint.tensors, checkpoint.shape.hidden
    dense, out = f"{checkpoint.prefix}pooler.dense", "classifier"
    if "classifier.out_proj.weight" in tensors.names:
        dense, out = "classifier.dense", "classifier.out_proj"
    first = graph.node("Gather", [states, graph.weight("first", np.array(0, np.int64))], "first_token", axis=1)
    wide = graph.weight("pooler.T", require_shape(dense, tensors(f"{dense}.weight"), (hidden, hidden)).T)
    summed = graph.node(
        "Add",
        [graph.node("MatMul", [first, wide], "pooler.product"), graph.weight("pooler.bias", tensors(f"{dense}.bias"))],
        "pooler.sum",
    )
    weight = tensors(f"{out}.weight")  # (labels, hidden)
    product = graph.node(
        "MatMul", [graph.node("Tanh", [summed], "pooler.active"), graph.weight("classifier.T", weight.T)], "scores"
    )
    graph.node("Add", [product, graph.weight("classifier.bias", tensors(f"{out}.bias"))], "logits")
    graph.output("logits", FLOAT, ("batch", weight.shape[0]))


def add_span_head(graph: GraphBuilder, checkpoint: EncoderCheckpoint, states: str) -> None:
    """Score every token as start and as end of an answer (Devlin et al. 2019, section 4.2).

    Raises:
        InvalidInput: the checkpoint has no such head.

    """
    weight = require_shape("span.weight", checkpoint.tensors("span.weight"), (2, checkpoint.shape.hidden))
    bias = require_shape("span.bias", checkpoint.tensors("span.bias"), (2,))
    product = graph.node("MatMul", [states, graph.weight("span.T", weight.T)], "span.product")
    graph.node("Add", [product, graph.weight("span.bias", bias)], "spans")
    graph.output("spans", FLOAT, ("batch", "sequence", 2))


def _read(file: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values
