"""A cross-encoder from its weights to scores of pairs, on a model of random weights."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models import load_embedder
from groundsel_pipelines.models.manifest import is_ready, verified
from groundsel_pipelines.models.pulling import pull
from groundsel_pipelines.models.tokens import read_tokenizer
from tiny_models import told, write_tiny_reranker

QUESTION = "leave"
PASSAGES = ["annual leave is five days", "trains are booked early", "the travel desk"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    weights = write_tiny_reranker(tmp_path_factory.mktemp("weights") / "tiny")
    pull(folder, f"file://{weights}", precision="fp32", progress=told)
    return folder


def scores(folder: Path, passages: list[str]) -> list[float]:
    tokenizer = read_tokenizer(folder / "tokenizer.json")
    tokenizer.enable_padding()
    pairs = tokenizer.encode_batch([(QUESTION, passage) for passage in passages])
    inputs = {
        "input_ids": np.array([each.ids for each in pairs]),
        "attention_mask": np.array([each.attention_mask for each in pairs]),
        "token_type_ids": np.array([each.type_ids for each in pairs]),
    }
    logits = onnxruntime.InferenceSession(folder / "model.onnx").run(["logits"], inputs)[0]
    return [float(value) for value in np.asarray(logits)[:, 0]]


def test_a_pulled_cross_encoder_is_a_reranker_with_what_was_measured(models: Path) -> None:
    manifest = verified(models, "tiny")

    assert (manifest.role, manifest.architecture, manifest.max_tokens, manifest.dimensions) == (
        "reranker",
        "bert",
        32,
        0,
    )
    assert set(manifest.checks) == {"fp32_pairs_per_second", "int8_pairs_per_second", "int8_correlation"}


def test_a_pair_has_the_same_score_alone_and_beside_others(models: Path) -> None:
    together = scores(models / "tiny", PASSAGES)

    assert len(set(together)) == len(PASSAGES)
    assert [scores(models / "tiny", [each])[0] for each in PASSAGES] == pytest.approx(together, abs=1e-4)


def test_a_reranker_does_not_embed(models: Path) -> None:
    with pytest.raises(InvalidInput, match="'tiny' has the role reranker, not embed"):
        load_embedder(models, "tiny")


def test_a_checkpoint_without_its_classifier_is_refused(tmp_path: Path) -> None:
    weights = write_tiny_reranker(tmp_path / "tiny", classifier=False)

    with pytest.raises(InvalidInput, match=r"no tensor 'bert\.pooler\.dense\.weight'|no tensor 'classifier\.weight'"):
        pull(tmp_path / "models", f"file://{weights}", precision="fp32", progress=told)
    assert not is_ready(tmp_path / "models", "tiny")
