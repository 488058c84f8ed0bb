"""An encoder from its weights to vectors, on a model of random weights."""

from pathlib import Path
from typing import cast

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from safetensors.numpy import load_file, save_file

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models import load_embedder, load_language_model, read_manifest
from groundsel_pipelines.models.encoder_session import BATCH_TOKENS, batches
from groundsel_pipelines.models.exporting import export
from groundsel_pipelines.protocols import Embedder
from tiny_models import as_weights, told, write_tiny_decoder, write_tiny_encoder

TEXTS = ["annual leave is five days", "trains", "the travel desk booked early trains the travel desk booked early"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    weights = write_tiny_encoder(tmp_path_factory.mktemp("weights") / "tiny")
    export(as_weights(weights), folder / "tiny", precision="fp32", progress=told)
    return folder


@pytest.fixture(scope="module")
def embedder(models: Path) -> Embedder:
    return load_embedder(models, "tiny")


def test_vectors_have_unit_length_and_keep_the_order_of_their_texts(embedder: Embedder) -> None:
    together = embedder.embed_passages(TEXTS)

    assert together.shape == (3, embedder.dimensions)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert embedder.embed_passages([text])[0] == pytest.approx(vector, abs=1e-5)


def test_a_question_gives_the_same_vector_each_time(embedder: Embedder) -> None:
    first, second = embedder.embed_query(TEXTS[0]), embedder.embed_query(TEXTS[0])

    assert first.shape == (1, embedder.dimensions)
    assert np.array_equal(first, second)


def test_no_text_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions)


def test_a_text_longer_than_the_model_takes_is_cut(embedder: Embedder) -> None:
    (long,) = embedder.embed_passages(["annual leave " * 100])

    assert np.linalg.norm(long) == pytest.approx(1, abs=1e-5)


def test_the_manifest_tells_what_was_measured(models: Path) -> None:
    manifest = read_manifest(models, "tiny")

    assert (manifest.role, manifest.precision, manifest.dimensions, manifest.pooling) == ("embed", "fp32", 64, "mean")
    assert set(manifest.checks) == {"fp32_texts_per_second", "int8_texts_per_second", "int8_mean_cosine"}
    assert set(manifest.files) == {"model.onnx", "model.onnx.data", "tokenizer.json"}


def test_eight_bits_take_half_of_the_table_of_words(models: Path, tmp_path: Path) -> None:
    weights = write_tiny_encoder(tmp_path / "weights")
    export(as_weights(weights), tmp_path / "tiny", precision="int8", progress=told)

    full, small = (table_of_words(folder / "tiny") for folder in (models, tmp_path))

    assert (full.data_type, small.data_type) == (TensorProto.FLOAT, TensorProto.FLOAT16)
    assert full.dims == small.dims


def table_of_words(folder: Path) -> TensorProto:
    graph = onnx.load(folder / "model.onnx", load_external_data=False).graph
    return cast("TensorProto", next(tensor for tensor in graph.initializer if tensor.name == "word"))


def test_vectors_of_another_export_have_another_id(models: Path, tmp_path: Path) -> None:
    weights = write_tiny_encoder(tmp_path / "weights")
    tensors = load_file(weights / "model.safetensors")
    tensors["embeddings.word_embeddings.weight"] += 1
    save_file(tensors, weights / "model.safetensors")
    export(as_weights(weights), tmp_path / "tiny", precision="fp32", progress=told)

    assert load_embedder(tmp_path, "tiny").model_id != load_embedder(models, "tiny").model_id


def test_the_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    weights, other = write_tiny_encoder(tmp_path / "weights"), write_tiny_decoder(tmp_path / "other")
    (weights / "tokenizer.json").write_bytes((other / "tokenizer.json").read_bytes())

    with pytest.raises(InvalidInput, match="do not belong together"):
        export(as_weights(weights), tmp_path / "tiny", precision="fp32", progress=told)


def test_a_failed_export_leaves_the_former_one(models: Path, tmp_path: Path) -> None:
    weights = write_tiny_encoder(tmp_path / "weights")
    export(as_weights(weights), tmp_path / "tiny", precision="fp32", progress=told)
    (weights / "model.safetensors").write_bytes(b"cut short")

    with pytest.raises(InvalidInput, match="damaged or cut short"):
        export(as_weights(weights), tmp_path / "tiny", precision="fp32", progress=told)
    assert load_embedder(tmp_path, "tiny").model_id == load_embedder(models, "tiny").model_id


def test_an_encoder_does_not_answer(models: Path) -> None:
    with pytest.raises(InvalidInput, match="has the role embed, not answer"):
        load_language_model(models, "tiny")


@pytest.mark.parametrize("at_once", [1, 2, 16])
@pytest.mark.parametrize("lengths", [[], [7], [600], [300, 5, 300, 5], [64] * 20, [1] * 2000])
def test_batches_hold_every_text_once_and_no_more_tokens_than_fit(lengths: list[int], at_once: int) -> None:
    made = batches(lengths, at_once=at_once)

    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= BATCH_TOKENS


def test_few_texts_are_shared_among_the_cores() -> None:
    assert [len(batch) for batch in batches([8] * 16, at_once=4)] == [4, 4, 4, 4]


def test_the_longest_texts_are_begun_first() -> None:
    assert batches([20, 500, 300], at_once=2) == [[1], [2], [0]]
