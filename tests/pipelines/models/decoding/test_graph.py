"""What a decoder's graph is told beside its tokens."""

import json
from pathlib import Path

import numpy as np
import pytest

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.models.decoding.adapter import Adapter
from groundsel_pipelines.models.decoding.cache import Cache
from groundsel_pipelines.models.decoding.graph import DecoderGraph
from groundsel_pipelines.models.graphs.building import FLOAT, INT64, GraphBuilder

DESCRIPTION = {
    "vocab_size": 1,
    "context_length": 64,
    "eos_token_id": 2,
    "decoder": {
        "filename": "model.onnx",
        "head_size": 2,
        "num_key_value_heads": 1,
        "num_hidden_layers": 1,
        "inputs": {"past_key_names": "past.%d.key", "past_value_names": "past.%d.value"},
        "outputs": {"present_key_names": "present.%d.key", "present_value_names": "present.%d.value"},
    },
}


def write_graph(folder: Path, told: str) -> Path:
    """Write a graph whose only logit is what it is told, as a library's graph gives it of every token."""
    graph = GraphBuilder("echo", folder / "model.onnx")
    graph.input("input_ids", INT64, ("batch", "sequence"))
    graph.input("attention_mask", INT64, ("batch", "total"))
    graph.input("position_ids", INT64, ("batch", "sequence"))
    values = graph.node("Cast", [told], "values", to=FLOAT)
    graph.node("Unsqueeze", [values, graph.integers(-1)], "logits")
    graph.output("logits", FLOAT, ("batch", "columns", 1))
    for part in ("key", "value"):
        graph.input(f"past.0.{part}", FLOAT, ("batch", 1, "past", 2))
        graph.node("Identity", [f"past.0.{part}"], f"present.0.{part}")
        graph.output(f"present.0.{part}", FLOAT, ("batch", 1, "past", 2))
    graph.save()
    (folder / "genai_config.json").write_text(json.dumps({"model": DESCRIPTION}), encoding="utf-8")
    return folder


def test_positions_go_on_where_each_text_has_come_to(tmp_path: Path) -> None:
    graph = DecoderGraph(write_graph(tmp_path, "position_ids"), threads=1)
    cache = Cache(graph, Adapter(), rows=2, length=16)

    one = graph.run(cache.binding(0, 1), np.array([[7, 8, 9]]), [5], [0, 2])
    both = graph.run(cache.binding(0, 2), np.array([[7], [8]]), [6, 3], [0])

    assert one[:, :, 0].tolist() == [[2, 4]]
    assert both[:, :, 0].tolist() == [[5], [2]]


def test_a_graph_with_other_inputs_is_refused(tmp_path: Path) -> None:
    write_graph(tmp_path, "input_ids")
    other = json.dumps({"model": {**DESCRIPTION, "decoder": {**DESCRIPTION["decoder"], "num_hidden_layers": 2}}})  # type: ignore[dict-item]
    (tmp_path / "genai_config.json").write_text(other, encoding="utf-8")

    with pytest.raises(InvalidInput, match="other inputs"):
        DecoderGraph(tmp_path, threads=1)


def test_a_graph_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    write_graph(tmp_path, "input_ids")
    (tmp_path / "model.onnx").write_bytes(b"no graph")

    with pytest.raises(Unavailable, match="cannot be opened"):
        DecoderGraph(tmp_path, threads=1)


def test_what_the_runtime_breaks_with_is_said(tmp_path: Path) -> None:
    graph = DecoderGraph(write_graph(tmp_path, "position_ids"), threads=1)

    with pytest.raises(Unavailable, match="the language model failed"):
        graph.run(graph.binding(), np.array([[7]]), [1], [0])
