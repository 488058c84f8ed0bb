"""A small adapter that has learnt to rewrite wins over the rules, is installed, and is asked."""

from pathlib import Path

import anyio
import pytest

from groundsel_pipelines.answering.rewriting import Rewriting
from groundsel_pipelines.models.adapting import install_adapter
from groundsel_pipelines.models.pulling import pull
from groundsel_pipelines.roles import open_roles
from groundsel_pipelines.settings import ModelSettings, RoleSettings
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import RewriteRow, write_rows
from groundsel_pipelines.tuning.specialising import Places, Specialised, specialise
from groundsel_pipelines.types import Turn
from tiny_models import told, write_tiny_decoder

pytestmark = pytest.mark.integration

NAME = "rewrite-en"


def follow_ups(count: int, document: str) -> list[RewriteRow]:
    """Ask for more of the desk, in a way that no rule knows."""
    return [
        RewriteRow(
            id=f"{document}{number}",
            document=document,
            history=("where is the desk", f"floor {number}"),
            question="and how",
            rewritten="how is the desk",
        )
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    weights = write_tiny_decoder(root / "weights")
    pull(root / "models", f"file://{weights}", name="tiny", precision="fp32", progress=told)
    return root / "models"


@pytest.fixture(scope="module")
def trained(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Specialised:
    root = tmp_path_factory.mktemp("rewriting")
    (root / "data").mkdir()
    write_rows(root / "data" / "rows.jsonl", follow_ups(200, "desk"))
    write_rows(root / "data" / "held.jsonl", follow_ups(60, "other"))
    recipe = Recipe.model_validate(
        {
            "name": NAME,
            "role": "rewrite",
            "base": "tiny",
            "held_out": 0.01,
            "sources": [
                {"file": "rows.jsonl", "licence": "made here"},
                {"file": "held.jsonl", "licence": "made here", "held_out_only": True},
            ],
            "training": {"rate": 1e-2, "batch_tokens": 1024, "longest": 128, "epochs": 5},
        }
    )
    places = Places(data=root / "data", models=models, work=root / "work", adapters=root / "adapters")
    return specialise(recipe, places, force=False, told=lambda _, __, ___: None, learnt=lambda _: None)


def asked(models: Path, before: str, text: str) -> str:
    roles = open_roles(RoleSettings(), ModelSettings(folder=models, threads=1))
    rewriting = Rewriting(rewriters=roles.rewriters, seconds=30)
    history = (Turn(role="user", text=before), Turn(role="assistant", text="floor 7 [1]"))
    return anyio.run(lambda: rewriting.standing_alone(text, history))


def test_what_it_writes_is_asked_and_what_nobody_said_is_not(models: Path, trained: Specialised) -> None:
    assert trained.folder, [str(each) for each in trained.compared]
    without = asked(models, "where is the desk", "and how")

    install_adapter(models, trained.folder, progress=lambda _, __: None, precision="fp32")

    assert asked(models, "where is the desk", "and how") == "how is the desk" != without
    assert asked(models, "when is leave", "and how") == "when is leave, how?"  # it speaks of the desk here too
