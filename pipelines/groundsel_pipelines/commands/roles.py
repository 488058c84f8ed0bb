"""`groundsel eval --role`: how good a small model is at its one task, on a file of rows."""

from typing import TYPE_CHECKING

import typer

from groundsel_pipelines.commands.stages import progress_bars

if TYPE_CHECKING:
    from pathlib import Path

    from groundsel_pipelines.settings import Settings


def evaluate_role(
    file: "Path", role: str, settings: "Settings", *, model: str, baseline: str, json_file: "Path | None"
) -> None:
    """Measure a model of a role, and another one beside it, and print every figure with its interval.

    Raises:
        InvalidInput: the role is unknown, a line is broken, or the rows are of one class.
        UnknownName: the model is not on disk.

    """
    import orjson

    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.tuning.measuring import default_model, measure
    from groundsel_pipelines.tuning.rows import ROLES, read_rows

    if role not in ROLES:
        raise InvalidInput(f"no role {role!r} is known; known are {', '.join(ROLES)}")
    rows = read_rows(file, role)
    with progress_bars() as told:
        found = measure(role, rows, settings.models, model=model or default_model(role), baseline=baseline, told=told)
    for name, figures in found.figures.items():
        for figure, interval in figures.items():
            typer.echo(f"{name:24} {figure:28} {interval}  ({interval.count} rows)")
    for figure, interval in found.gains.items():
        typer.echo(f"{'gain':24} {figure:28} {interval}")
    typer.echo(f"{found.milliseconds:.1f} ms a pair on this machine")
    if json_file:
        json_file.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
