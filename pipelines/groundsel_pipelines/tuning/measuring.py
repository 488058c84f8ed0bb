"""Runs an installed model of a role over rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from groundsel_pipelines.models import load_reader, load_reranker, load_verifier
from groundsel_pipelines.tuning.judged import Judged, Told, by_reader, by_reranker, by_verifier
from groundsel_pipelines.tuning.rows import EncoderRole, Row

if TYPE_CHECKING:
    from groundsel_pipelines.models.reranker import OnnxReranker


def judge_installed(folder: Path, name: str, role: EncoderRole, rows: Sequence[Row], told: Told) -> list[Judged]:
    """Let the model `name` judge rows.

    Raises:
        UnknownName: it is not on disk.
        InvalidInput: it is of another role, or a file of it was changed.

    """
    if role == "reader":
        return by_reader(load_reader(folder, name), rows, told)
    if role == "verifier":
        return by_verifier(load_verifier(folder, name), rows, told)
    return by_reranker(cast("OnnxReranker", load_reranker(folder, name)), rows, told)
