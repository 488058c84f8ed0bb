"""Perplexity of a decoder on shared texts, by its graph or by its framework: in windows that begin anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from onnxruntime import InferenceSession

from corpora import rows
from groundsel_pipelines.models.describing import runtime_facts
from groundsel_pipelines.models.graphs.llama import ASKED
from groundsel_pipelines.models.tokens import BytePairTokens, read_tokens
from makers import SETTINGS, WRITER
from reporting import shared_data

TOKENS: Final = 20_000
WINDOW: Final = 512

Logits = Callable[[list[int]], np.ndarray]


def some_tokens(count: int = TOKENS) -> list[int]:
    """Give the first tokens of the handbooks, as the default language model reads them."""
    tokens, ids = read_tokens(SETTINGS.folder / WRITER / "tokenizer.json"), list[int]()
    assert isinstance(tokens, BytePairTokens)  # noqa: S101 - tells the type checker
    for row in rows(shared_data("handbooks") / "18f.jsonl.gz"):
        ids += tokens.ids(row["text"])
        if len(ids) >= count:
            break
    return ids[:count]


def perplexity(logits: Logits, ids: list[int]) -> float:
    """Give exp of the mean negative log-likelihood (in nats) of each token after the first of its window."""
    total = count = 0.0
    for start in range(0, len(ids), WINDOW):
        window = ids[start : start + WINDOW]
        scores = logits(window)[:-1].astype(np.float64)
        highest = scores.max(axis=1)
        normaliser = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
        total += float((normaliser - scores[np.arange(len(scores)), window[1:]]).sum())
        count += len(scores)
    return float(np.exp(total / count))


def graph_logits(folder: Path) -> Logits:
    session = InferenceSession(folder / "model.onnx")
    sizes = runtime_facts(folder)["decoder"]
    past = {
        value.name: np.zeros((1, sizes["num_key_value_heads"], 0, sizes["head_size"]), np.float32)
        for value in session.get_inputs()
        if value.name.startswith("past_key_values")
    }
    takes_columns = any(value.name == ASKED for value in session.get_inputs())  # the library's graphs give all

    def logits(ids: list[int]) -> np.ndarray:
        inputs = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64), **past}
        inputs |= {ASKED: np.arange(len(ids))} if takes_columns else {}
        return np.asarray(session.run(["logits"], inputs)[0][0], np.float32)

    return logits


def framework_logits(model: Any) -> Logits:  # noqa: ANN401
    import torch

    def logits(ids: list[int]) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(model(torch.tensor([ids])).logits[0].numpy())

    return logits
