"""`groundsel index`: a copy of the index, and the generations of a collection in Elasticsearch."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker
from groundsel_pipelines.commands.stages import progress_bars

if TYPE_CHECKING:
    from groundsel_pipelines.protocols import Embedder
    from groundsel_pipelines.stores.elasticsearch.generations import Generations

app = typer.Typer(
    no_args_is_help=True, help="Copy the index; change mapping, analysis or embedding model without a gap."
)

Collection = Annotated[str, typer.Option(help="by default, the configured collection")]


@app.command("list")
def show(collection: Collection = "") -> None:
    """Show the generations of a collection, and which is live."""
    import anyio

    async def run() -> None:
        async with opened() as (generations, _):
            for generation in await generations.of(collection or default_collection()):
                mark = "live" if generation.live else "    "
                typer.echo(f"{mark}  {generation.index}  {generation.embedding_model}")

    anyio.run(run)


@app.command()
def rebuild(collection: Collection = "") -> None:
    """Make a new generation beside the live one, from what is stored; searches go on and do not see it yet."""
    import anyio

    async def run() -> None:
        from groundsel_pipelines import rebuilding

        async with opened() as (generations, embedder):
            with progress("copying") as done:
                made = await rebuilding.rebuild(
                    generations, collection or default_collection(), embedder=embedder, done=done
                )
        typer.echo(f"{made.index} is ready; next: groundsel index compare, groundsel index switch")

    anyio.run(run)


@app.command()
def compare(
    collection: Collection = "",
    questions: Annotated[
        Path | None,
        typer.Option(
            help="a text file with a question a line, or a judged set; by default, the query log's", metavar="PATH"
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="how many questions, at most")] = 200,
    principals: Principals = None,
) -> None:
    """Ask the live and the new generation the same questions, and show what a switch would change."""
    import anyio

    from groundsel_pipelines import rebuilding
    from groundsel_pipelines.commands import comparing
    from groundsel_pipelines.settings import read_settings

    settings = read_settings()

    async def run() -> None:
        async with opened() as (generations, _):
            held = await generations.of(collection or settings.collection)
        live, new = rebuilding.live_of(held), rebuilding.beside(held)
        with progress_bars() as told:
            found = await comparing.compared(
                settings,
                live,
                new,
                questions=questions,
                limit=limit,
                principals=asker(settings, principals),
                told=told,
            )
        comparing.show(found, live, new)

    anyio.run(run)


@app.command()
def switch(collection: Collection = "") -> None:
    """Let the newest generation take the live one's place, with all that was written meanwhile."""
    import anyio

    async def run() -> None:
        from groundsel_pipelines import rebuilding

        async with opened() as (generations, embedder):
            target = (await generations.of(collection or default_collection()))[-1]
            with progress("catching up") as done:
                await rebuilding.switch(generations, target, embedder=embedder, done=done)
        typer.echo(f"{target.index} is live; back again: groundsel index rollback")

    anyio.run(run)


@app.command()
def rollback(collection: Collection = "") -> None:
    """Let the generation before the live one take its place again, with all that was written since."""
    import anyio

    async def run() -> None:
        from groundsel_pipelines import rebuilding

        async with opened() as (generations, embedder):
            target = rebuilding.before(await generations.of(collection or default_collection()))
            with progress("catching up") as done:
                await rebuilding.switch(generations, target, embedder=embedder, done=done)
        typer.echo(f"{target.index} is live again")

    anyio.run(run)


@app.command()
def clean(
    collection: Collection = "", *, yes: Annotated[bool, typer.Option("--yes", help="without asking")] = False
) -> None:
    """Remove the generations that are neither live nor the one to go back to, also a rebuild that was broken off."""
    import anyio

    async def run() -> None:
        from groundsel_pipelines import rebuilding

        async with opened() as (generations, _):
            outdated = rebuilding.outdated(await generations.of(collection or default_collection()))
            if not outdated:
                typer.echo("There is nothing to remove.")
                return
            names = ", ".join(each.index for each in outdated)
            if yes or typer.confirm(f"Remove {names} for good?", default=False):
                await generations.remove(outdated)
                typer.echo(f"Removed: {names}")

    anyio.run(run)


@app.command()
def backup(folder: Annotated[Path, typer.Argument(help="where the copy goes: a new or empty folder")]) -> None:
    """Copy documents and ledger while they are used. To restore, set store.folder to the copy, and ingest."""
    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.stores.embedded.backup import back_up

    settings = read_settings()
    copies = back_up(settings.store.folder, folder)
    typer.echo(f"{folder} holds {', '.join(copy.name for copy in copies)}")
    if settings.store.kind == "elasticsearch":
        typer.echo("The documents lie in Elasticsearch: copy them by a snapshot of the indices there.")


@app.command()
def verify() -> None:
    """Read all of the index on this machine, and say whether every file is as it was written."""
    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.stores.embedded.verifying import verify

    next_steps = {
        "groundsel.db": "put a copy of it back, or build it anew: groundsel ingest DIR --rebuild",
        "lexical": "nothing to do: it is made anew when the index is next opened",
    }
    otherwise = "remove the file: the next ingest makes it anew"
    damaged = False
    for verdict in verify(read_settings().store.folder):
        typer.echo(f"{verdict.name}: {verdict.state}{f' ({verdict.detail})' if verdict.detail else ''}")
        if verdict.state == "damaged":
            damaged = True
            typer.echo(f"  next: {next_steps.get(verdict.name, otherwise)}")
    if damaged:
        raise typer.Exit(1)


def default_collection() -> str:
    from groundsel_pipelines.settings import read_settings

    return read_settings().collection


@asynccontextmanager
async def opened() -> AsyncGenerator["tuple[Generations, Embedder]"]:
    """Open the generations of the configured cluster, with the configured embedding model.

    Raises:
        InvalidInput: another store is configured: it has no generations.

    """
    from groundsel_pipelines.composition import open_embedder
    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.stores.elasticsearch.generations import Generations

    settings = read_settings()
    if settings.store.kind != "elasticsearch":
        raise InvalidInput(
            f"the {settings.store.kind} store has no generations; it is made anew by: groundsel ingest DIR --rebuild"
        )
    embedder = open_embedder(settings)
    generations = Generations(
        settings.store.cluster(), embedding_model=embedder.model_id, dimensions=embedder.dimensions
    )
    try:
        yield generations, embedder
    finally:
        await generations.close()


@contextmanager
def progress(what: str) -> Generator[Callable[[int, int], None]]:
    """Show a bar with the time that is left."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda completed, total: bar.update(task, completed=completed, total=total)
