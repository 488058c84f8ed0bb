"""What a role learns with: its rows as examples, and its model of torch, which only this loads."""

from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

from groundsel_pipelines.models.exporting import Weights
from groundsel_pipelines.models.graphs.checkpoints import open_checkpoint
from groundsel_pipelines.models.tokens import read_tokenizer
from groundsel_pipelines.tuning import training
from groundsel_pipelines.tuning.decoder import DecoderModel
from groundsel_pipelines.tuning.examples import Encoder
from groundsel_pipelines.tuning.model import RoleModel
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import ENCODER_ROLES, Row
from groundsel_pipelines.tuning.sequences import Sequencer


def learn(
    recipe: Recipe,
    rows: Sequence[Row],
    base: Weights,
    model: Path,
    work: Path,
    *,
    told: Callable[[training.Progress], None],
    start: dict[str, Tensor] | None,
) -> Path:
    """Train by a recipe, and give the file of the trained weights; `model` is the folder of the installed base."""
    longest = recipe.training.longest
    tokenizer = read_tokenizer(model / "tokenizer.json")
    if recipe.role in ENCODER_ROLES:
        pairs = list(Encoder(tokenizer, longest).examples(rows))
        return training.train(recipe, pairs, RoleModel(base.path, recipe.role), work, told=told, start=start)
    sequencer = Sequencer(tokenizer, end=open_checkpoint(base.path).eos[0], longest=longest)
    sequences = list(sequencer.sequences(rows))
    learner = DecoderModel(base.path, recipe.training.rank)
    return training.train(recipe, sequences, learner, work, told=told, start=start)
