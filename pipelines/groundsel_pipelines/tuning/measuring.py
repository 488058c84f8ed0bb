"""Runs models and baselines of a role over rows, and gives their figures with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from groundsel_pipelines.errors import UnknownName
from groundsel_pipelines.evaluating.intervals import Interval
from groundsel_pipelines.models import (
    load_embedder,
    load_language_model,
    load_reader,
    load_reranker,
    load_verifier,
    read_manifest,
)
from groundsel_pipelines.models.manifest import DECODER_ROLES
from groundsel_pipelines.settings import ModelSettings
from groundsel_pipelines.tuning.figures import figures
from groundsel_pipelines.tuning.judged import (
    Judged,
    Told,
    by_cosine,
    by_language_model,
    by_nothing,
    by_overlap,
    by_reader,
    by_reranker,
    by_rules,
    by_verifier,
)
from groundsel_pipelines.tuning.rows import RerankerRow, Role, Row
from groundsel_pipelines.tuning.statistics import gain_of, interval_of

FREE: Final = ("cosine", "overlap", "rule", "typed")  # baselines that cost no training


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of a model and of a baseline over the same rows."""

    rows: int
    figures: Mapping[str, Mapping[str, Interval]]  # by model and figure
    gains: Mapping[str, Interval]  # of the model over the baseline, row by row
    milliseconds: float  # a pair, of the model


def measure(
    role: Role, rows: Sequence[Row], models: ModelSettings, *, model: str, baseline: str, told: Told
) -> Measured:
    """Let `model` judge rows and, where one is named, `baseline`: a model, `cosine`, `overlap`, `rule` or `typed`.

    Raises:
        UnknownName: a model is not on disk.
        InvalidInput: a model is of another role, or the rows are of one class.

    """
    if baseline and baseline not in FREE:
        require_model(models, baseline)
    began = perf_counter()
    own = figures(role, rows, judge(role, rows, models, name=model, told=told))
    pairs = sum(1 + len(row.negatives) if isinstance(row, RerankerRow) else 1 for row in rows)
    milliseconds = (perf_counter() - began) * 1000 / pairs
    found = {model: {name: interval_of(values) for name, values in own.items()}}
    gains = {}
    if baseline:
        other = figures(role, rows, judge(role, rows, models, name=baseline, told=told))
        found[baseline] = {name: interval_of(values) for name, values in other.items()}
        gains = {name: gain_of(values, other[name]) for name, values in own.items() if name in other}
    return Measured(rows=len(rows), figures=found, gains=gains, milliseconds=milliseconds)


def require_model(models: ModelSettings, baseline: str) -> None:
    """Refuse a baseline that there is not before anything is judged.

    Raises:
        UnknownName: it is no model on disk.

    """
    try:
        read_manifest(models.folder, baseline)
    except UnknownName:
        raise UnknownName(
            f"no baseline {baseline!r}: it is one of {', '.join(FREE)}, or a model that `groundsel models list` shows"
        ) from None


def judge(role: Role, rows: Sequence[Row], models: ModelSettings, *, name: str, told: Told) -> list[Judged]:
    """Let a model or a baseline judge rows."""
    if name == "cosine":
        return by_cosine(load_embedder(models.folder, models.embed), rows, told)
    if name == "rule":
        return by_rules(rows)
    if name == "typed":
        return by_nothing(rows)
    if name == "overlap":
        return by_overlap(rows, told)
    return judge_installed(models.folder, name, role, rows, told)


def default_model(role: Role) -> str:
    """Name the adapter of a role that is shipped."""
    return f"{role}-en"


def judge_installed(folder: Path, name: str, role: Role, rows: Sequence[Row], told: Told) -> list[Judged]:
    """Let the model `name` judge rows.

    Raises:
        UnknownName: it is not on disk.
        InvalidInput: it is of another role, or a file of it was changed.

    """
    if role in DECODER_ROLES:
        return by_language_model(load_language_model(folder, name), rows, told)
    if role == "reader":
        return by_reader(load_reader(folder, name), rows, told)
    if role == "verifier":
        return by_verifier(load_verifier(folder, name), rows, told)
    return by_reranker(load_reranker(folder, name), rows, told)
