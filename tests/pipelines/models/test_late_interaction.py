"""Late interaction: an embedder's token vectors as a reranker, on a model of random weights."""

from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from groundsel_pipelines.models import load_reranker
from groundsel_pipelines.models.pulling import pull
from groundsel_pipelines.models.tokens import read_tokenizer
from tiny_models import told, write_tiny_encoder

QUESTION = "annual leave"
PASSAGES = ["trains are booked early", "annual leave is five days", "the travel desk books trains and planes"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    weights = write_tiny_encoder(tmp_path_factory.mktemp("weights") / "tiny")
    pull(folder, f"file://{weights}", precision="fp32", progress=told)
    return folder


def token_vectors(folder: Path, text: str) -> np.ndarray:
    encoded = read_tokenizer(folder / "tokenizer.json").encode(text)
    inputs = {
        "input_ids": np.array([encoded.ids]),
        "attention_mask": np.array([encoded.attention_mask]),
        "token_type_ids": np.array([encoded.type_ids]),
    }
    found = np.asarray(InferenceSession(folder / "model.onnx").run(["token_embeddings"], inputs)[0])[0]
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def test_a_score_is_the_mean_of_each_question_tokens_nearest_token(models: Path) -> None:
    asked = token_vectors(models / "tiny", QUESTION)
    expected = [(asked @ token_vectors(models / "tiny", text).T).max(axis=1).mean() for text in PASSAGES]

    assert load_reranker(models, "tiny").score(QUESTION, PASSAGES) == pytest.approx(expected, abs=1e-4)


def test_a_text_that_is_the_question_scores_one(models: Path) -> None:
    assert load_reranker(models, "tiny").score(QUESTION, [*PASSAGES, QUESTION])[-1] == pytest.approx(1, abs=1e-4)


def test_a_text_scores_the_same_alone_and_beside_others(models: Path) -> None:
    reranker = load_reranker(models, "tiny")

    alone = [reranker.score(QUESTION, [text])[0] for text in PASSAGES]
    assert alone == pytest.approx(reranker.score(QUESTION, PASSAGES), abs=1e-4)
