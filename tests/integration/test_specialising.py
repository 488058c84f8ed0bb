"""A training with torch, from rows to an installed adapter over a tiny base: what wins is kept, and nothing else."""

from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models import load_verifier, read_manifest
from groundsel_pipelines.models.adapter_manifest import CARD, read_adapter_manifest
from groundsel_pipelines.models.adapting import install_adapter
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import write_rows
from groundsel_pipelines.tuning.specialising import Places, Specialised, specialise
from learnable_rows import verifier_rows
from tiny_bases import tiny_models_folder

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models_folder(tmp_path_factory.mktemp("tiny"))


def trained(models: Path, root: Path, *, shuffled: bool = False, force: bool = False, steps: int = 60) -> Specialised:
    (root / "data").mkdir(exist_ok=True)
    write_rows(root / "data" / "rows.jsonl", verifier_rows(600, shuffled=shuffled))
    recipe = Recipe.model_validate(
        {
            "name": "small",
            "role": "verifier",
            "base": "tiny",
            "held_out": 0.2,
            "sources": [{"file": "rows.jsonl", "licence": "made here"}],
            "training": {"rate": 3e-3, "batch_tokens": 256, "longest": 32, "epochs": 4, "steps": steps},
        }
    )
    places = Places(data=root / "data", models=models, work=root / "work", adapters=root / "adapters")
    return specialise(recipe, places, force=force, told=lambda _, __, ___: None, learnt=lambda _: None)


def test_what_wins_is_kept_with_its_card_and_can_be_installed(models: Path, tmp_path: Path) -> None:
    found = trained(models, tmp_path)

    assert found.folder == tmp_path / "adapters" / "small"
    assert not found.manifest.forced
    assert "made here" in (found.folder / CARD).read_text(encoding="utf-8")
    assert all(each.wins for each in found.compared if each.decides)
    manifest = install_adapter(models, found.folder, progress=lambda _, __: None)
    assert manifest.figures["balanced accuracy"] > 0.9
    right, wrong = (load_verifier(models, "small").verify(claim, ["desk1 early1"])[0] for claim in ("annual", "travel"))
    assert right.supported > 0.5 > wrong.supported


def test_shuffled_labels_are_refused_and_nothing_is_put_anywhere(models: Path, tmp_path: Path) -> None:
    found = trained(models, tmp_path, shuffled=True)

    assert found.folder is None
    assert not (tmp_path / "adapters").exists()


def test_force_keeps_what_does_not_win_and_marks_it_for_ever(models: Path, tmp_path: Path) -> None:
    found = trained(models, tmp_path, shuffled=True, force=True, steps=5)

    assert found.folder is not None
    assert read_adapter_manifest(found.folder).forced
    assert "by force" in (found.folder / CARD).read_text(encoding="utf-8")
    install_adapter(models, found.folder, progress=lambda _, __: None)
    assert read_manifest(models, "small").forced


def test_a_training_that_was_cut_off_goes_on_and_one_of_another_recipe_is_left_alone(
    models: Path, tmp_path: Path
) -> None:
    trained(models, tmp_path, steps=50)  # a checkpoint is written at 50
    (work,) = (tmp_path / "work").iterdir()
    checkpoint = (work / "checkpoint.pt").stat().st_mtime_ns

    found = trained(models, tmp_path, steps=60)  # from there on

    assert found.folder is not None
    assert (work / "checkpoint.pt").stat().st_mtime_ns > checkpoint
    assert len(list((tmp_path / "work").iterdir())) == 1


def test_one_class_is_refused_before_anything_is_trained(models: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    rows = [row for row in verifier_rows(600, shuffled=False) if row.label == "supported"]
    write_rows(tmp_path / "data" / "rows.jsonl", rows)
    recipe = Recipe.model_validate(
        {
            "name": "one",
            "role": "verifier",
            "base": "tiny",
            "held_out": 0.2,
            "sources": [{"file": "rows.jsonl", "licence": "made here"}],
        }
    )
    places = Places(data=tmp_path / "data", models=models, work=tmp_path / "work", adapters=tmp_path / "adapters")

    with pytest.raises(InvalidInput, match="of one class only"):
        specialise(recipe, places, force=True, told=lambda _, __, ___: None, learnt=lambda _: None)
    assert not (tmp_path / "work").exists()
