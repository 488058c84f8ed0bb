"""`groundsel ingest DIR`: make the index hold what a folder holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from groundsel_ingest.connectors.files import Files
    from groundsel_ingest.job import Deletes
    from groundsel_ingest.manifest import Access
    from groundsel_ingest.report import Report
    from groundsel_ingest.stages import Progress
    from groundsel_pipelines.settings import Settings

app = typer.Typer()

PUBLIC = "groundsel:public"  # groundsel_pipelines.types.PUBLIC, which costs numpy


@app.callback(invoke_without_command=True)
def ingest(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of documents")],
    *,
    collection: Annotated[str, typer.Option(help="where they go; by default, the configured collection")] = "",
    source: Annotated[str, typer.Option(help="their name among the sources; by default, the folder's name")] = "",
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="PRINCIPAL", help=f"who may read what access.toml leaves open [default: {PUBLIC}]"),
    ] = None,
    include: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="take only these files")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="leave out these files")] = None,
    confirm_deletes: Annotated[bool, typer.Option("--confirm-deletes", help="delete whatever is gone")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="throw the index away first and make it anew")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Index the documents below DIR: new and changed ones are read, unchanged ones skipped, deleted ones taken out."""
    from contextlib import closing
    from functools import partial

    import anyio

    from groundsel_ingest.connectors.files import Files
    from groundsel_ingest.showing import open_progress, show, to_json
    from groundsel_pipelines.settings import read_settings

    settings = read_settings(collection=collection) if collection else read_settings()
    files = Files(
        folder,
        name=source or folder.resolve().name or "files",
        default=frozenset(allow or [PUBLIC]),
        include=tuple(include or ["**"]),
        exclude=tuple(exclude or []),
    )
    with closing(files), open_progress() as progress:
        report = anyio.run(
            partial(
                run,
                files,
                settings,
                progress=progress,
                moved=bool(source),
                access="rules" if files.ruled else "given" if allow else "open",
                deletes="confirmed" if confirm_deletes else "guarded",
                rebuild=rebuild,
            )
        )
    if as_json:
        typer.echo(to_json(report))
    else:
        show(report)
    refuse_nothing(report)


def refuse_nothing(report: "Report") -> None:
    """End with a failure where a run leaves nothing to search: a mistyped folder must not look like success.

    Raises:
        InvalidInput: no document was taken, none was there before, and none was deleted.

    """
    from groundsel_ingest.extracting.formats import PARSERS
    from groundsel_pipelines.errors import InvalidInput

    if not report.indexed + report.unchanged + report.deleted:
        known = ", ".join(PARSERS)
        raise InvalidInput(f"nothing in {report.place} can be searched; give a folder that holds files of {known}")


async def run(
    files: "Files",
    settings: "Settings",
    *,
    progress: "Progress",
    moved: bool,
    access: "Access",
    deletes: "Deletes",
    rebuild: bool,
) -> "Report":
    """Open what a sync needs, and run it."""
    from groundsel_ingest.job import sync
    from groundsel_ingest.manifest import open_manifest
    from groundsel_pipelines.composition import open_embedder, open_store

    embedder = open_embedder(settings)
    if rebuild:
        throw_away(settings.store.folder)
    with open_manifest(settings.store.folder, collection=settings.collection, source=files.name) as manifest:
        async with open_store(settings, embedder=embedder) as store:
            manifest.begin(files.place, moved=moved, access=access)
            return await sync(
                files,
                manifest=manifest,
                store=store,
                embedder=embedder,
                collection=settings.collection,
                deletes=deletes,
                progress=progress,
            )


def throw_away(folder: Path) -> None:
    """Remove the index in `folder`, and nothing that is not ours.

    Raises:
        InvalidInput: `folder` holds something else than an index.
        Unavailable: an ingest into it is running.

    """
    import shutil

    from groundsel_ingest.manifest import refuse_if_busy
    from groundsel_pipelines.errors import InvalidInput

    if not folder.exists():
        return
    if not (folder / "groundsel.db").exists() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} holds something else than an index; it was left as it is")
    refuse_if_busy(folder)
    shutil.rmtree(folder / "lexical", ignore_errors=True)
    for pattern in ("groundsel.db*", "manifest.db*", "*.lock"):
        for path in folder.glob(pattern):
            path.unlink()
