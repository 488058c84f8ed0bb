"""Brings together what a recipe trains and measures on."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from groundsel_pipelines.tuning.blocks import in_blocks
from groundsel_pipelines.tuning.conversations import in_conversations
from groundsel_pipelines.tuning.key_pieces import beside_others
from groundsel_pipelines.tuning.public import read_public
from groundsel_pipelines.tuning.recipes import Recipe
from groundsel_pipelines.tuning.rows import AnswerRow, ReaderRow, RewriteRow, Row, SummariseRow, read_rows
from groundsel_pipelines.tuning.splits import Split, shuffled, split
from groundsel_pipelines.tuning.windows import vary as in_windows


def collect(recipe: Recipe, folder: Path) -> Split[Row]:
    """Read the recipe's sources from `folder`, split them by document and vary what trains.

    Raises:
        InvalidInput: a source is missing or damaged; names file and line.

    """
    rows: list[Row] = []
    apart: list[Row] = []
    for source in recipe.sources:
        found = shuffled(_read(folder / source.file, recipe), recipe.seed)[: source.rows]
        (apart if source.held_out_only else rows).extend(found)
    parts = split(rows, share=recipe.held_out, seed=recipe.seed)
    train = shuffled(vary(shuffled(parts.train, recipe.seed), recipe), recipe.seed)
    held_out = (*shuffled(parts.held_out, recipe.seed), *apart)
    if recipe.role in {"answer", "rewrite"}:  # their rows are whole passages, or single questions, before
        held_out = tuple(vary(held_out, recipe))
    return Split(train=tuple(train), held_out=held_out, near_duplicates=parts.near_duplicates)


def vary(rows: Sequence[Row], recipe: Recipe) -> Iterable[Row]:
    """Make of rows what a role is to see: other windows, and questions that are not answered."""
    numbers = Random(recipe.seed)  # noqa: S311 - no secret
    if recipe.role == "reader":
        return in_windows((row for row in rows if isinstance(row, ReaderRow)), numbers)
    if recipe.role == "answer":
        return in_blocks((row for row in rows if isinstance(row, AnswerRow)), numbers)
    if recipe.role == "rewrite":
        return in_conversations((row for row in rows if isinstance(row, RewriteRow)), numbers)
    if recipe.role == "summarise":
        return beside_others([row for row in rows if isinstance(row, SummariseRow)], numbers)
    return rows


def _read(file: Path, recipe: Recipe) -> list[Row]:
    return list(read_public(file, recipe.role) if file.name.endswith(".gz") else read_rows(file, recipe.role))
