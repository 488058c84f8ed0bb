"""Small adapters that have learnt to rewrite and to summarise win over the rules, are installed, and are asked."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from asking import answerer, outcome, said, summarize
from groundsel_pipelines.answering.rewriting import Rewriting, words_of
from groundsel_pipelines.models.adapting import install_adapter
from groundsel_pipelines.models.pulling import pull
from groundsel_pipelines.roles import open_roles
from groundsel_pipelines.settings import ModelSettings, RoleSettings
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import RewriteRow, Role, Row, SummariseRow, write_rows
from groundsel_pipelines.tuning.specialising import Places, specialise
from groundsel_pipelines.types import AnswerEvent, Turn
from small_corpus import filled, indexed
from tiny_models import told, write_tiny_decoder

pytestmark = pytest.mark.integration


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


def trained(models: Path, root: Path, role: Role, rows: Sequence[Row], held_out: Sequence[Row]) -> Path:
    """Train on some rows, measure on others that are no different: what repeats must not count as held out twice."""
    (root / "data").mkdir()
    write_rows(root / "data" / "rows.jsonl", rows)
    write_rows(root / "data" / "held.jsonl", held_out)
    recipe = Recipe.model_validate(
        {
            "name": f"{role}-en",
            "role": role,
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
    found = specialise(recipe, places, force=False, told=lambda _, __, ___: None, learnt=lambda _: None)
    assert found.folder, [str(each) for each in found.compared]
    return found.folder


def asked(models: Path, before: str, text: str) -> str:
    roles = open_roles(RoleSettings(), ModelSettings(folder=models, threads=1))
    rewriting = Rewriting(rewriters=roles.rewriters, seconds=30)
    history = (Turn(role="user", text=before), Turn(role="assistant", text="floor 7 [1]"))
    return anyio.run(lambda: rewriting.standing_alone(text, history))


def test_what_a_rewriter_writes_is_asked_and_what_nobody_said_is_not(models: Path, tmp_path: Path) -> None:
    without = asked(models, "where is the desk", "and how")
    adapter = trained(models, tmp_path, "rewrite", follow_ups(200, "desk"), follow_ups(60, "other"))

    install_adapter(models, adapter, progress=lambda _, __: None, precision="fp32")

    assert asked(models, "where is the desk", "and how") == "how is the desk" != without
    for before in ("when is leave", "who books trains", "what is annual travel"):
        alone = asked(models, before, "and how")
        assert words_of("and how") - {"and"} <= words_of(alone) <= words_of(f"{before} and how floor 7 1")


TRAINS = "Trains are early on every working day."


def summaries(count: int, document: str) -> list[SummariseRow]:
    """Have the first of two sentences chosen, which the beginning of a text does not do alone."""
    return [
        SummariseRow(
            id=f"{document}{number}",
            document=document,
            title="Work",
            evidence=(TRAINS, f"Desk {number} stands on floor {number} near the door."),
            summary=TRAINS,
        )
        for number in range(count)
    ]


def summarised(models: Path, text: str) -> list[AnswerEvent]:
    roles = open_roles(RoleSettings(), ModelSettings(folder=models, threads=1))
    store = filled(MemoryStore(), indexed("a.md", text, title="Work"))
    by = replace(answerer(store, timeout=60.0), method="generated", summarisers=roles.summarisers)
    return summarize(by, "docs/a.md")


def test_what_a_summariser_writes_is_said_where_the_document_says_it(models: Path, tmp_path: Path) -> None:
    adapter = trained(models, tmp_path, "summarise", summaries(200, "desk"), summaries(60, "other"))
    install_adapter(models, adapter, progress=lambda _, __: None, precision="fp32")

    events = summarised(models, f"{TRAINS} Desk 4 stands on floor 3 near the door.")
    assert outcome(events)[1] == "generated"
    assert said(events).startswith(f"{TRAINS} [1]")

    events = summarised(models, "Leave is twenty-five days a year. Desk 4 stands on floor 3 near the door.")
    assert "Trains" not in said(events)
    assert outcome(events) == ("answered", "extractive", "ungrounded")
