"""`groundsel doctor`: what is installed, which models and store are in use, what is wrong and the next command."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from groundsel_pipelines.roles import Role
    from groundsel_pipelines.settings import Settings

app = typer.Typer()

State = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report; `next_command` is empty where there is nothing to do."""

    name: str
    state: State
    detail: str
    next_command: str = ""


@app.callback(invoke_without_command=True)
def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False) -> None:
    """Show what is installed and in use, what is wrong, and the command that mends it."""
    import anyio
    import orjson

    checks = anyio.run(examine)
    if as_json:
        typer.echo(orjson.dumps([asdict(check) for check in checks], option=orjson.OPT_INDENT_2))
    else:
        show(checks)
    if any(check.state == "wrong" for check in checks):
        raise typer.Exit(1)


def show(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.markup import escape

    marks = {"ok": "[green]ok   [/]", "warning": "[yellow]note [/]", "wrong": "[bold red]wrong[/]"}
    console = Console(highlight=False, soft_wrap=True)  # a line each, whatever the width: paths are to be copied
    for check in checks:
        console.print(f"{marks[check.state]}  [bold]{check.name:13}[/]  {escape(check.detail)}")
        if check.next_command:
            console.print(f"{'':22}[dim]next: {escape(check.next_command)}[/]")


async def examine() -> list[Check]:
    """Look at everything in turn; a part that fails becomes a line, never the end of the report."""
    from groundsel_pipelines.errors import GroundselError
    from groundsel_pipelines.roles import ROLES
    from groundsel_pipelines.settings import read_settings

    checks = [check_installation()]
    try:
        settings = read_settings()
    except GroundselError as error:
        return [*checks, Check(name="configuration", state="wrong", detail=str(error))]
    checks.append(check_configuration())
    checks += [check_model(settings, "embed"), check_model(settings, "answer")]
    checks += [check_role(settings, role) for role in ROLES]
    checks.append(await check_store(settings))
    checks.append(check_disk(settings))
    return checks


def check_installation() -> Check:
    import os
    import platform
    from importlib.metadata import version

    installed = f"groundsel {version('groundsel')}, Python {platform.python_version()}"
    detail = f"{installed}, onnxruntime {version('onnxruntime')}, {os.cpu_count()} cores"
    return Check(name="installation", state="ok", detail=detail)


def check_configuration() -> Check:
    from pathlib import Path

    from groundsel_pipelines.settings import FILE_NAME

    if Path(FILE_NAME).exists():
        return Check(name="configuration", state="ok", detail=str(Path(FILE_NAME).resolve()))
    detail = f"no {FILE_NAME} here: the defaults hold"
    return Check(name="configuration", state="ok", detail=detail, next_command="groundsel init")


def check_model(settings: "Settings", role: Literal["embed", "answer"]) -> Check:
    from groundsel_pipelines.errors import GroundselError
    from groundsel_pipelines.models import read_manifest

    name = getattr(settings.models, role)
    if not name:
        return Check(name=f"model: {role}", state="warning", detail="none configured: answers are quotations")
    try:
        manifest = read_manifest(settings.models.folder, name)
    except GroundselError as error:
        return Check(name=f"model: {role}", state="wrong", detail=str(error))
    detail = f"{name}, {manifest.precision}, {manifest.licence}, from {manifest.source}"
    return Check(name=f"model: {role}", state="ok", detail=detail)


def check_role(settings: "Settings", role: "Role") -> Check:
    """Say which specialised models serve in a role; without one, search and answers do without."""
    from groundsel_pipelines.errors import GroundselError
    from groundsel_pipelines.models import read_manifest
    from groundsel_pipelines.models.adapter_manifest import shipped
    from groundsel_pipelines.models.manifest import DECODER_ROLES
    from groundsel_pipelines.models.pulling import installed
    from groundsel_pipelines.roles import named, require, served_by, serving

    folder = settings.models.folder
    try:
        for key, wanted, name in named(settings.roles):
            if wanted == role:
                require(folder, key, role, name)
        manifests = [read_manifest(folder, name) for name in installed(folder)]
    except GroundselError as error:
        return Check(name=f"role: {role}", state="wrong", detail=str(error))
    places = serving(settings.roles, [manifest for manifest in manifests if manifest.role in served_by(role)])
    told = "; ".join(f"{name} {' and '.join(where)}" for name, where in places.items() if where)
    absent = [name for name in shipped() if name.startswith(f"{role}-") and getattr(settings.roles, role) == "auto"]
    lacking = [name for name in absent if name not in places]
    command = "groundsel models pull --defaults" if lacking else ""
    if lacking and role in DECODER_ROLES:  # they are installed by name, by those who let a model write
        command = f"groundsel models install {lacking[0]}" if settings.answer.method == "generated" else ""
    return Check(name=f"role: {role}", state="ok", detail=told or "none: it is done without", next_command=command)


async def check_store(settings: "Settings") -> Check:
    from groundsel_pipelines.composition import open_embedder, open_store
    from groundsel_pipelines.errors import GroundselError

    where = f"{settings.store.kind}, {settings.store.url or settings.store.folder}"
    try:
        if settings.store.kind == "embedded" and not settings.store.folder.exists():
            detail = f"{where}: nothing indexed yet"
            return Check(name="store", state="wrong", detail=detail, next_command="groundsel ingest DIR")
        async with open_store(settings, embedder=open_embedder(settings)) as store:
            found = await store.statistics()
            synced = await store.as_of()
    except (GroundselError, OSError) as error:
        return Check(name="store", state="wrong", detail=str(error))
    counts = f"{found.documents} documents, {found.passages} passages, {found.bytes_on_disk / 1e6:.1f} MB"
    last = max(synced.values(), default=None)
    when = f", last sync {last:%Y-%m-%d %H:%M}" if last else ""
    if not found.documents:
        return Check(name="store", state="wrong", detail=f"{where}: empty", next_command="groundsel ingest DIR")
    return Check(name="store", state="ok", detail=f"{where}: {counts}{when}")


def check_disk(settings: "Settings") -> Check:
    import os
    import shutil

    low = 1e9  # bytes: below it, an ingest of a few thousand documents may not fit
    folder = settings.store.folder
    while not os.access(folder, os.R_OK):  # not there yet, or not for us
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state: State = "warning" if free < low else "ok"
    return Check(name="disk", state=state, detail=f"{free / 1e9:.1f} GB free at {folder}")
