"""Adapters of an encoder: small, exact enough, refused over another base, and with a way back."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.models import load_embedder, load_reader, load_reranker, load_verifier, read_manifest
from groundsel_pipelines.models.adapter_manifest import (
    FILE,
    lacking,
    read_adapter_manifest,
    shipped,
    write_adapter_manifest,
)
from groundsel_pipelines.models.adapting import install_adapter, install_shipped, roll_back
from groundsel_pipelines.models.differences import apply_differences, packed, unpacked, write_differences
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from tiny_bases import tiny_adapter, tiny_models_folder, trained_tensors


def told(_: str, __: float) -> None: ...


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models_folder(tmp_path_factory.mktemp("tiny"))


def test_four_bits_keep_what_training_changed_to_within_a_tenth() -> None:
    values = np.random.default_rng(1).normal(0, 0.01, (64, 96)).astype(np.float32)

    codes, scales = packed(values)
    back = unpacked(codes, scales.astype(np.float32), values.shape)

    assert codes.nbytes == values.size / 2
    assert np.linalg.norm(back - values) < 0.1 * np.linalg.norm(values)


def test_nothing_changed_is_nothing_changed() -> None:
    zeros = np.zeros((2, 32), np.float32)

    codes, scales = packed(zeros)

    assert (unpacked(codes, scales.astype(np.float32), zeros.shape) == 0).all()


def test_an_adapter_holds_the_differences_and_the_whole_head(models: Path, tmp_path: Path) -> None:
    base = SafetensorsWeights.open(models.parent / "weights")
    trained = trained_tensors(base, outputs=3)
    write_differences(base, trained, tmp_path)

    found = dict(apply_differences(base, tmp_path))

    for name, values in trained.items():
        assert np.abs(found[name] - values).max() < 0.01
    assert (found["embeddings.word_embeddings.weight"] == base("embeddings.word_embeddings.weight")).all()


def test_a_reader_reads_after_its_adapter_is_installed(models: Path, tmp_path: Path) -> None:
    manifest = install_adapter(models, tiny_adapter(models, tmp_path, role="reader"), progress=told)

    first, empty = load_reader(models, "tiny-reader").read("annual leave", ["five days is annual leave", ""])

    assert manifest.role == "reader"
    assert manifest.base == "tiny"
    assert 0 <= first.start < first.end <= len("five days is annual leave")
    assert 0 < first.answerable < 1
    assert 0 < first.confidence <= 1
    assert (empty.start, empty.end, empty.answerable) == (0, 0, 0.0)


def test_a_verifier_gives_three_probabilities(models: Path, tmp_path: Path) -> None:
    install_adapter(models, tiny_adapter(models, tmp_path, role="verifier"), progress=told)

    (verdict,) = load_verifier(models, "tiny-verifier").verify("leave is five days", ["annual leave is five days"])

    assert verdict.supported + verdict.contradicted + verdict.neither == pytest.approx(1)


def test_a_reranker_scores_each_text_in_its_order_however_they_are_batched(models: Path, tmp_path: Path) -> None:
    install_adapter(models, tiny_adapter(models, tmp_path, role="reranker"), precision="fp32", progress=told)
    reranker = load_reranker(models, "tiny-reranker")
    texts = [f"{'trains ' * number}leave" for number in range(1, 21)]

    together = reranker.score("trains", texts)

    assert together == pytest.approx([reranker.score("trains", [text])[0] for text in texts], abs=1e-3)


def test_an_adapter_of_another_base_is_refused_and_the_running_model_stays(models: Path, tmp_path: Path) -> None:
    install_adapter(models, tiny_adapter(models, tmp_path / "own", role="reader"), progress=told)
    before = read_manifest(models, "tiny-reader")
    other = tiny_adapter(models, tmp_path / "other", role="reader")
    about = read_adapter_manifest(other)
    write_adapter_manifest(other, replace(about, base_weights={"model.safetensors": "0" * 64}))

    with pytest.raises(InvalidInput, match="was trained over tiny with the sha256 000000000000"):
        install_adapter(models, other, progress=told)

    assert read_manifest(models, "tiny-reader") == before


def test_an_adapter_whose_base_is_not_there_says_what_to_pull(models: Path, tmp_path: Path) -> None:
    adapter = tiny_adapter(models, tmp_path, role="reader")
    write_adapter_manifest(adapter, replace(read_adapter_manifest(adapter), base="absent"))

    with pytest.raises(UnknownName, match="groundsel models pull absent"):
        install_adapter(models, adapter, progress=told)


def test_a_changed_adapter_is_refused(models: Path, tmp_path: Path) -> None:
    adapter = tiny_adapter(models, tmp_path, role="reader")
    weights = adapter / "adapter.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")

    with pytest.raises(InvalidInput, match="it was changed"):
        install_adapter(models, adapter, progress=told)


def test_scores_that_are_not_those_of_the_training_are_refused(models: Path, tmp_path: Path) -> None:
    adapter = tiny_adapter(models, tmp_path, role="verifier")
    about = read_adapter_manifest(adapter)
    probes = tuple(replace(probe, scores=tuple(score + 2 for score in probe.scores)) for probe in about.probes)
    write_adapter_manifest(adapter, replace(about, probes=probes))

    with pytest.raises(InvalidInput, match="from those it was trained to give, on average"):
        install_adapter(models, adapter, progress=told)


def test_a_folder_without_an_adapter_says_so(models: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"{FILE} is missing"):
        install_adapter(models, tmp_path, progress=told)
    (tmp_path / FILE).write_text(json.dumps({"name": "half"}), encoding="utf-8")
    with pytest.raises(InvalidInput, match="cannot be read"):
        install_adapter(models, tmp_path, progress=told)


def test_what_is_shipped_is_installed_once_and_again_when_another_is_shipped(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"tiny-reranker": tiny_adapter(models, tmp_path / "first", role="reranker", seed=3)}
    monkeypatch.setattr("groundsel_pipelines.models.adapter_manifest.shipped", lambda: names)
    shutil.rmtree(models / "tiny-reranker", ignore_errors=True)

    install_shipped(models, progress=told)
    first = read_manifest(models, "tiny-reranker")
    assert lacking(models) == ()

    names["tiny-reranker"] = tiny_adapter(models, tmp_path / "second", role="reranker", seed=4)
    install_shipped(models, progress=told)
    assert read_manifest(models, "tiny-reranker").weights != first.weights
    roll_back(models, "tiny-reranker")
    assert read_manifest(models, "tiny-reranker") == first


def test_what_does_not_win_is_installed_by_name_alone_and_then_kept_up_to_date(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced = tiny_adapter(models, tmp_path, role="verifier", seed=3)
    write_adapter_manifest(forced, replace(read_adapter_manifest(forced), forced=True))
    monkeypatch.setattr("groundsel_pipelines.models.adapter_manifest.shipped", lambda: {"tiny-verifier": forced})
    shutil.rmtree(models / "tiny-verifier", ignore_errors=True)

    assert lacking(models) == ()
    install_adapter(models, tiny_adapter(models, tmp_path / "older", role="verifier", seed=4), progress=told)
    assert lacking(models) == (forced,)


def test_of_what_is_shipped_the_adapters_that_write_wait_to_be_named(tmp_path: Path) -> None:
    assert {adapter.name for adapter in lacking(tmp_path)} == {"reader-en", "verifier-en"}
    assert {"answer-en", "summarise-en", "rewrite-en"} < shipped().keys()


def test_the_former_model_can_be_put_back_and_the_change_undone(models: Path, tmp_path: Path) -> None:
    first = tiny_adapter(models, tmp_path / "first", role="verifier", seed=1)
    second = tiny_adapter(models, tmp_path / "second", role="verifier", seed=2)
    install_adapter(models, first, progress=told)
    old = read_manifest(models, "tiny-verifier")
    install_adapter(models, second, progress=told)
    new = read_manifest(models, "tiny-verifier")

    roll_back(models, "tiny-verifier")
    assert read_manifest(models, "tiny-verifier") == old
    roll_back(models, "tiny-verifier")
    assert read_manifest(models, "tiny-verifier") == new
    with pytest.raises(UnknownName, match="no former 'tiny'"):
        roll_back(models, "tiny")


def test_an_embedder_is_no_reader(models: Path) -> None:
    assert load_embedder(models, "tiny").dimensions
    with pytest.raises(InvalidInput, match="has the role embed, not reader"):
        load_reader(models, "tiny")
