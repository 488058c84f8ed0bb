"""`groundsel demo`: the whole path on the documents of an invented company, in one command."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from groundsel_pipelines.settings import Settings

app = typer.Typer()

QUESTION = "How many days of paid leave do full-time employees get?"
START_SECONDS = 60  # a cold disk and a slow laptop: ten times what it takes here


@app.callback(invoke_without_command=True)
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="stop the service after the answer")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="where the page is served")] = 8900,
    store: Annotated[str, typer.Option(help="where the documents go: embedded, or elasticsearch")] = "embedded",
) -> None:
    """Fetch the models, index a demo company, ask one question, serve the page until Ctrl-C."""
    from rich.console import Console

    from groundsel_pipelines.settings import read_settings

    console = Console(highlight=False)
    settings = read_settings()
    fetch_models(settings)
    home = prepare_home(settings, store, port=port)
    # An index from before is served while its documents are looked through again
    early = start_service(home) if (home / "index" / "groundsel.db").exists() else None
    service = early
    try:
        groundsel(home, "ingest", str(demo_documents()))
        service = early or start_service(home)
        wait_until_ready(service, f"http://127.0.0.1:{port}/readyz")
        console.print(f"\n[bold]> {QUESTION}[/]\n")
        groundsel(home, "ask", QUESTION)
        console.print(f"\nThe page: [bold underline]http://127.0.0.1:{port}[/]")
        console.print(f"On the command line: cd {home} && groundsel search ...")
        if not once:
            console.print("Ctrl-C stops the service.")
            service.wait()
    except KeyboardInterrupt:
        pass
    finally:
        if service is not None:
            service.terminate()
            service.wait()


def fetch_models(settings: "Settings") -> None:
    """Get the default models and the adapters that come with Groundsel ready, where they are not."""
    from groundsel_pipelines.models.adapter_manifest import lacking
    from groundsel_pipelines.models.catalogue import default_names
    from groundsel_pipelines.models.manifest import is_ready

    folder = settings.models.folder
    if all(is_ready(folder, name) for name in default_names()) and not lacking(folder):
        return
    from groundsel_pipelines.commands.models import progress_bar
    from groundsel_pipelines.models.adapting import install_shipped
    from groundsel_pipelines.models.pulling import ensure_defaults

    with progress_bar() as progress:
        ensure_defaults(folder, progress=progress)
    with progress_bar() as progress:
        install_shipped(folder, progress=progress)


def start_service(home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*COMMAND, "serve"], cwd=home, env=own_environment())


COMMAND = (sys.executable, "-m", "groundsel_pipelines")


def groundsel(home: Path, *arguments: str) -> None:
    """Run a sub-command in the demo's folder, where its `groundsel.toml` stands; its own message tells of a failure."""
    code = subprocess.run([*COMMAND, *arguments], cwd=home, env=own_environment(), check=False).returncode
    if code:
        raise typer.Exit(code)


def own_environment() -> dict[str, str]:
    """Give an environment in which the demo's file decides where things are: never into the user's own index.

    How to sign in to a cluster stays, as secrets stand in no file.
    """
    from groundsel_pipelines.settings import environment_without

    own = ("kind", "folder", "url", "cloud_id", "prefix", "shards", "replicas")
    return environment_without("collection", *(f"store__{key}" for key in own), "models__folder", "serve__")


def prepare_home(settings: "Settings", store: str, *, port: int) -> Path:
    """Make the demo's own folder, beside the user's index and apart from it, with its configuration."""
    import json

    home = settings.store.folder.parent / ("demo" if store == "embedded" else f"demo-{store}")
    home.mkdir(parents=True, exist_ok=True)
    place = {"kind": store, "folder": str(home / "index"), "prefix": "groundsel_demo"}
    place |= {key: value for key in ("url", "cloud_id") if (value := getattr(settings.store, key))}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in place.items())
    (home / "groundsel.toml").write_text(
        f'collection = "demo"\n\n[store]\n{lines}\n'
        f"[models]\nfolder = {json.dumps(str(settings.models.folder))}\n\n[serve]\nport = {port}\n",
        encoding="utf-8",
    )
    return home


def demo_documents() -> Path:
    """Give the demo company's documents: the repository's own, or those that travel in the wheel."""
    beside = Path(__file__).resolve().parents[2]  # pipelines/ in the repository, site-packages once installed
    repository = beside.parent / "examples" / "demo-company" / "documents"
    return repository if repository.is_dir() else beside / "groundsel_demo_company"


def wait_until_ready(service: "subprocess.Popen[bytes]", address: str) -> None:
    """Poll readiness; a service that ended has said why itself."""
    import time

    import httpx

    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if service.poll() is not None:
            raise typer.Exit(service.returncode)
        try:
            if httpx.get(address, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    typer.echo(f"The service did not become ready within {START_SECONDS} s; see its messages above.", err=True)
    raise typer.Exit(1)
