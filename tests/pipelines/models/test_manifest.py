"""A model folder is used only as it was exported."""

from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.models.manifest import FILE, Manifest, read_manifest, sha256_of_all, verified, write_manifest


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"a graph")
    (folder / "tokenizer.json").write_bytes(b"{}")
    manifest = Manifest(
        name="small",
        role="embed",
        source="file:///weights",
        licence="MIT",
        architecture="bert",
        precision="fp32",
        max_tokens=256,
        files=sha256_of_all(folder),
    )
    write_manifest(folder, manifest)
    return tmp_path


def test_what_is_written_is_read_again(models: Path) -> None:
    assert verified(models, "small") == read_manifest(models, "small")
    assert verified(models, "small").licence == "MIT"


def test_a_model_that_is_not_there_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="groundsel models pull small"):
        read_manifest(tmp_path, "small")


def test_a_tampered_file_is_named_and_refused(models: Path) -> None:
    (models / "small" / "model.onnx").write_bytes(b"a grapH")

    with pytest.raises(InvalidInput, match=r"model\.onnx was changed .* groundsel models pull small --force"):
        verified(models, "small")


def test_a_missing_file_is_named_and_refused(models: Path) -> None:
    (models / "small" / "tokenizer.json").unlink()

    with pytest.raises(InvalidInput, match=r"tokenizer\.json is missing"):
        verified(models, "small")


def test_another_models_folder_under_this_name_is_refused(models: Path) -> None:
    (models / "small").rename(models / "large")

    with pytest.raises(InvalidInput, match="holds the model 'small'"):
        verified(models, "large")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', "no JSON"])
def test_a_manifest_that_is_none_is_refused(models: Path, text: str) -> None:
    (models / "small" / FILE).write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"manifest\.json cannot be read"):
        read_manifest(models, "small")


def test_a_folder_of_another_format_is_refused(models: Path) -> None:
    file = models / "small" / FILE
    file.write_text(file.read_text(encoding="utf-8").replace('"format": 2', '"format": 0'), encoding="utf-8")

    with pytest.raises(InvalidInput, match="has format 0"):
        read_manifest(models, "small")
