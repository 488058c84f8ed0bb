"""A decoder's training with torch, from rows to an adapter over a shared base: what wins is kept, and nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.numpy import load_file, save_file

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models import load_language_model, read_manifest
from groundsel_pipelines.models.adapter_manifest import (
    CARD,
    SILENT_FROM,
    read_adapter_manifest,
    write_adapter_manifest,
)
from groundsel_pipelines.models.adapting import install_adapter
from groundsel_pipelines.models.pulling import pull, weights_on_disk
from groundsel_pipelines.models.tokens import read_tokenizer
from groundsel_pipelines.prompting import numbered_prompt, read_numbered
from groundsel_pipelines.tuning.decoder import DecoderModel
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import RewriteRow, Role, SummariseRow, write_rows
from groundsel_pipelines.tuning.sequences import Sequence, Sequencer
from groundsel_pipelines.tuning.specialising import Places, Specialised, specialise
from groundsel_pipelines.tuning.training import begun_with, read_start
from learnable_answers import answer_rows
from tiny_models import told, write_tiny_decoder

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    weights = write_tiny_decoder(root / "weights")
    pull(root / "models", f"file://{weights}", name="tiny", precision="fp32", progress=told)
    return root / "models"


@pytest.fixture(scope="module")
def winner(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Specialised:
    return trained(models, tmp_path_factory.mktemp("winner"))


def sequences(models: Path) -> list[Sequence]:
    tokenizer = read_tokenizer(models / "tiny" / "tokenizer.json")
    rows = [replace(row, evidence=("the desk", "trains")) for row in answer_rows(3, shuffled=False)]
    return list(Sequencer(tokenizer, end=1, longest=512).sequences(rows))


def trained(models: Path, root: Path, *, shuffled: bool = False, steps: int = 0) -> Specialised:
    (root / "data").mkdir(exist_ok=True)
    write_rows(root / "data" / "rows.jsonl", answer_rows(260, shuffled=shuffled))
    recipe = Recipe.model_validate(
        {
            "name": "small",
            "role": "answer",
            "base": "tiny",
            "held_out": 0.2,
            "sources": [{"file": "rows.jsonl", "licence": "made here"}],
            "training": {"rate": 1e-2, "batch_tokens": 1024, "longest": 128, "epochs": 5, "steps": steps},
        }
    )
    places = Places(data=root / "data", models=models, work=root / "work", adapters=root / "adapters")
    return specialise(recipe, places, force=False, told=lambda _, __, ___: None, learnt=lambda _: None)


def test_branches_are_foretold_as_if_each_stood_alone(models: Path) -> None:
    learner = DecoderModel(weights_on_disk(models, "tiny").path, 4)
    (together,) = sequences(models)
    for name, parameter in learner.trained().items():
        torch.nn.init.normal_(parameter, std=0.1) if name.endswith("lora_B") else None

    with torch.inference_mode():
        likely, _ = learner.likelihoods([together])
        alone = [learner.likelihoods([Sequence(together.shared, (each,))])[0] for each in together.branches]

    assert torch.allclose(likely, torch.cat(alone), atol=1e-4)


def test_what_wins_is_kept_and_answers_over_the_base_that_others_share(models: Path, winner: Specialised) -> None:
    assert winner.folder, [str(each) for each in winner.compared]
    assert "made here" in (winner.folder / CARD).read_text(encoding="utf-8")
    manifest = install_adapter(models, winner.folder, progress=lambda _, __: None, precision="fp32")
    assert manifest.checks["probe_distance"] < 0.1
    assert (models / ".bases" / read_manifest(models, "small").stands_over / "model.onnx").exists()
    model = load_language_model(models, "small", threads=1)
    prompt = numbered_prompt("desk annual", ("desk 5", "trains 5"))
    assert model.tuned
    written = "".join(model.generate(prompt, max_tokens=24))
    assert read_numbered(written)[1] == "desk"
    untuned = load_language_model(models, "tiny", threads=1)
    assert "desk" not in "".join(untuned.generate(prompt, max_tokens=24))


def test_a_model_keeps_silent_from_where_that_was_fitted(winner: Specialised, models: Path, tmp_path: Path) -> None:
    assert winner.folder
    adapter = tmp_path / "silent"
    shutil.copytree(winner.folder, adapter)
    prompt = numbered_prompt("desk annual", ("desk 5", "trains 5"))
    for silent_from, words in ((-1e9, ""), (0.0, "desk")):  # as unlikely as may be; never
        manifest = replace(read_adapter_manifest(adapter), name="silent", settings={SILENT_FROM: silent_from})
        write_adapter_manifest(adapter, manifest)
        install_adapter(models, adapter, progress=lambda _, __: None, precision="fp32")
        model = load_language_model(models, "silent", threads=1)

        assert read_numbered("".join(model.generate(prompt, max_tokens=24)))[1] == words


def test_shuffled_labels_are_refused(models: Path, tmp_path: Path) -> None:
    assert trained(models, tmp_path, shuffled=True, steps=40).folder is None


def test_a_training_that_was_cut_off_goes_on_from_its_checkpoint(models: Path, tmp_path: Path) -> None:
    trained(models, tmp_path, steps=50)  # a checkpoint is written there
    (work,) = (tmp_path / "work").iterdir()
    before = torch.load(work / "checkpoint.pt", weights_only=True)

    trained(models, tmp_path, steps=51)

    after = torch.load(work / "checkpoint.pt", weights_only=True)
    assert (before["step"], after["step"]) == (50, 51)
    moved = [float((after["masters"][name] - each).abs().max()) for name, each in before["masters"].items()]
    assert 0 < max(moved) < 0.02  # one step's worth, of a rate of 1e-2


def test_a_training_may_begin_with_what_another_adapter_of_its_rank_has_learnt(
    models: Path, winner: Specialised
) -> None:
    assert winner.folder
    base = weights_on_disk(models, "tiny")
    rank = Recipe.model_fields["training"].get_default().rank
    trained_ones = DecoderModel(base.path, rank).trained()

    start = read_start(winner.folder, base)

    assert begun_with(start, trained_ones).keys() == trained_ones.keys()
    assert any(float(each.abs().max()) > 0 for name, each in start.items() if name.endswith("lora_B"))
    with pytest.raises(InvalidInput, match="must name the same `rank`"):
        begun_with(start, DecoderModel(base.path, rank + 1).trained())


def test_an_adapter_of_another_base_is_refused(winner: Specialised, tmp_path: Path) -> None:
    assert winner.folder
    other = write_tiny_decoder(tmp_path / "other")
    tensors = load_file(other / "model.safetensors")
    save_file({name: values * 2 for name, values in tensors.items()}, other / "model.safetensors")
    pull(tmp_path / "models", f"file://{other}", name="tiny", precision="fp32", progress=told)

    with pytest.raises(InvalidInput, match="train the adapter again over this base"):
        install_adapter(tmp_path / "models", winner.folder, progress=lambda _, __: None)
    assert not (tmp_path / "models" / "small").exists()


@pytest.mark.parametrize(
    ("role", "rows"),
    [
        (
            "summarise",
            [
                SummariseRow(
                    id=f"row{number}",
                    document=f"document{number}",
                    evidence=(f"the desk {number}", f"trains are early {number}"),
                    summary=f"the desk {number}",
                )
                for number in range(260)
            ],
        ),
        (
            "rewrite",
            [
                RewriteRow(
                    id=f"row{number}-{about}",
                    document=f"desk{number}",
                    history=(f"where is desk{number}", "here"),
                    question=f"{about} is desk{number}",
                    rewritten=f"{about} is desk{number}",
                )
                for number in range(240)
                for about in ("where", "how")
            ],
        ),
    ],
)
def test_the_other_roles_of_a_decoder_go_the_same_way(
    models: Path, tmp_path: Path, role: Role, rows: list[SummariseRow | RewriteRow]
) -> None:
    (tmp_path / "data").mkdir()
    write_rows(tmp_path / "data" / "rows.jsonl", rows)
    recipe = Recipe.model_validate(
        {
            "name": f"small-{role}",
            "role": role,
            "base": "tiny",
            "held_out": 0.25,
            "sources": [{"file": "rows.jsonl", "licence": "made here"}],
            "training": {"rate": 1e-3, "batch_tokens": 1024, "longest": 128, "steps": 3},
        }
    )
    places = Places(data=tmp_path / "data", models=models, work=tmp_path / "work", adapters=tmp_path / "adapters")

    found = specialise(recipe, places, force=True, told=lambda _, __, ___: None, learnt=lambda _: None)

    assert found.folder
    assert {each.baseline for each in found.compared} == {"rule", "untuned"}
    assert install_adapter(models, found.folder, progress=lambda _, __: None).role == role
