"""`groundsel ingest DIR`: make the index hold what a folder holds; and all other sources, by name or by schedule."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack

    from groundsel_ingest.job import Deletes
    from groundsel_ingest.planning import Step
    from groundsel_ingest.report import Report
    from groundsel_ingest.running import Task
    from groundsel_pipelines.errors import GroundselError
    from groundsel_pipelines.protocols import Embedder
    from groundsel_pipelines.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="Make the index hold what your sources hold. `groundsel ingest DIR` is short for `groundsel ingest run DIR`.",
)

PUBLIC = "groundsel:public"  # groundsel_pipelines.types.PUBLIC, which costs numpy
STOPPED = 143  # 128 + SIGTERM, as a shell says it: the run is to be repeated

AsJson = Annotated[bool, typer.Option("--json", help="print it as JSON")]


@app.command("run", help="Index what is new or changed, skip what is not, take out what is gone.")
def run(  # noqa: PLR0913 - the options of a command
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DIR | NAME]...", help="folders, or configured sources; without any, all of these"),
    ] = None,
    *,
    collection: Annotated[str, typer.Option(help="where they go; by default, the configured collection")] = "",
    source: Annotated[str, typer.Option(help="a folder's name among the sources; by default, its own")] = "",
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="PRINCIPAL", help=f"who may read what access.toml leaves open [default: {PUBLIC}]"),
    ] = None,
    include: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="take only these files")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="leave out these files")] = None,
    ocr: Annotated[
        list[str] | None, typer.Option(metavar="LANGUAGE", help="read scanned pages, in these languages: eng, deu")
    ] = None,
    confirm_deletes: Annotated[bool, typer.Option("--confirm-deletes", help="delete whatever is gone")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="throw the index away first and make it anew")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would change and why, and do nothing")] = False,
    due: Annotated[bool, typer.Option("--due", help="only the sources whose schedule says so: for cron")] = False,
    daemon: Annotated[bool, typer.Option("--daemon", help="run each source by its schedule until stopped")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="go on: index what is saved in these folders at once")] = False,
    as_json: AsJson = False,
) -> None:
    """Index what is new or changed, skip what is not, take out what is gone.

    Raises:
        InvalidInput: options contradict one another, a name is unknown, or nothing can be searched in the end.

    """
    from contextlib import ExitStack

    import anyio

    from groundsel_ingest.connectors.files import Files
    from groundsel_ingest.connectors.wanted import Wanted
    from groundsel_ingest.extracting.recognition import check_languages
    from groundsel_ingest.running import Task, task_of, task_or_note
    from groundsel_pipelines.composition import open_embedder
    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.settings import read_settings

    settings = read_settings(collection=collection) if collection else read_settings()
    if (watch or daemon) and (dry_run or rebuild or due or (watch and daemon)):
        raise InvalidInput("--watch and --daemon go on running; give neither of them --dry-run, --rebuild or --due")
    if daemon:
        serve(settings, what, as_json=as_json)
        return
    names = chosen(what, settings, due=due)
    deletes: Deletes = "confirmed" if confirm_deletes else "guarded"

    def folder(name: str) -> Task:
        path = Path(name)
        files = Files(
            path,
            name=source or path.resolve().name or "files",
            default=frozenset(allow or [PUBLIC]),
            wanted=Wanted(include=tuple(include or ["**"]), exclude=tuple(exclude or [])),
        )
        return Task(
            connector=files,
            collection=settings.collection,
            access="rules" if files.ruled else "given" if allow else "open",
            moved=bool(source),
            deletes=deletes,
            ocr=check_languages(tuple(ocr or ()), where="--ocr"),
        )

    def task(name: str) -> Task:
        known = name in settings.sources or not looks_like_a_folder(name)
        of_source = task_of if dry_run else task_or_note
        return of_source(name, settings, deletes=deletes) if known else folder(name)

    with ExitStack() as stack:
        tasks, broken = open_tasks(names, task, stack, all_or_none=watch or dry_run or rebuild)
        embedder = open_embedder(settings)
        if dry_run:
            steps = anyio.run(planned, tasks, settings, embedder)
            show_planned(steps, as_json=as_json)
            return
        if watch:
            follow(tasks, settings, embedder, as_json=as_json)
            return
        if rebuild:
            throw_away(settings.store.folder)
            discard(tasks, settings, embedder)
        reports, failures = carry_out(tasks, settings, embedder)
        tell(reports, [*broken, *failures], as_json=as_json, several=len(names) != 1)
        for report in reports:
            if report.source not in settings.sources:
                refuse_nothing(report)


def open_tasks(
    names: "Sequence[str]", make: "Callable[[str], Task]", stack: "ExitStack", *, all_or_none: bool
) -> "tuple[list[Task], list[GroundselError]]":
    """Open each source, to be closed by `stack`; where there are several, one that fails does not hold up the others.

    Raises:
        GroundselError: the only one cannot be opened, or one where all are needed.

    """
    from groundsel_pipelines.errors import GroundselError

    tasks, broken = [], []
    for name in names:
        try:
            tasks.append(make(name))
        except GroundselError as error:
            if all_or_none or len(names) == 1:
                raise
            broken.append(error)
        else:
            stack.callback(tasks[-1].connector.close)
    return tasks, broken


def chosen(what: list[str] | None, settings: "Settings", *, due: bool) -> list[str]:
    """Give the folders and sources to run.

    Raises:
        InvalidInput: there are none, or the configuration of one is wrong.

    """
    from groundsel_ingest import daemon
    from groundsel_ingest.history import utc_now
    from groundsel_ingest.sources import check
    from groundsel_pipelines.errors import InvalidInput

    if what and due:
        raise InvalidInput("--due chooses among the configured sources; give it no folder or name")
    check(settings.sources)
    names = what or (daemon.due(settings, now=utc_now()) if due else list(settings.sources))
    if not names and not due:
        raise InvalidInput("nothing to ingest: give a folder, groundsel ingest DIR, or configure [sources.NAME]")
    return names


def looks_like_a_folder(name: str) -> bool:
    """Say whether someone means a folder: one of that name is there, or it has the look of a path."""
    return Path(name).exists() or "/" in name or name.startswith((".", "~"))


def carry_out(
    tasks: "Sequence[Task]", settings: "Settings", embedder: "Embedder"
) -> "tuple[list[Report], list[GroundselError]]":
    """Run the tasks, and show how far they are meanwhile."""
    from functools import partial

    import anyio

    from groundsel_ingest.running import run_tasks
    from groundsel_ingest.showing import open_progress

    with open_progress() as progress:
        return anyio.run(partial(run_tasks, tasks, embedder=embedder, settings=settings, progress=progress))


def tell(reports: "Sequence[Report]", failures: "Sequence[GroundselError]", *, as_json: bool, several: bool) -> None:
    """Print the reports; the exit code says whether all came to their end.

    Raises:
        GroundselError: the first of the failures; the others have been printed.

    """
    from groundsel_ingest.showing import show, to_json

    if as_json and (reports or several):
        typer.echo(to_json(reports if several else reports[0]))
    elif not as_json:
        for report in reports:
            show(report)
    for failure in failures[1:]:
        typer.echo(f"Error: {failure}", err=True)
    if failures:
        raise failures[0]
    if any(report.state == "suspended" for report in reports):
        raise typer.Exit(STOPPED)


async def planned(tasks: "Sequence[Task]", settings: "Settings", embedder: "Embedder") -> "list[Step]":
    """Gather what runs would do."""
    from groundsel_ingest.manifest import read_manifest
    from groundsel_ingest.planning import plan
    from groundsel_ingest.stages import fingerprint_of

    steps = []
    for task in tasks:
        name = task.connector.name
        with read_manifest(settings.store.folder, collection=task.collection, source=name) as manifest:
            fingerprint = fingerprint_of(task.connector, embedder, ocr=task.ocr)
            steps += [
                step
                async for step in plan(
                    task.connector, manifest=manifest, collection=task.collection, fingerprint=fingerprint,
                    deletes=task.deletes,
                )
            ]  # fmt: skip
    return steps


def show_planned(steps: "Sequence[Step]", *, as_json: bool) -> None:
    from groundsel_ingest.showing import show_steps, to_json

    if as_json:
        typer.echo(to_json(steps))
    else:
        show_steps(steps)


def follow(tasks: "Sequence[Task]", settings: "Settings", embedder: "Embedder", *, as_json: bool) -> None:
    """Watch folders until stopped; each report that says something is a line."""
    from functools import partial

    import anyio

    from groundsel_ingest import watching
    from groundsel_ingest.showing import Quiet, teller

    told = teller(as_json=as_json)
    anyio.run(partial(watching.watch, tasks, embedder=embedder, settings=settings, progress=Quiet(), told=told))


def serve(settings: "Settings", what: list[str] | None, *, as_json: bool) -> None:
    """Run the daemon; each report is a line, or as many as it needs.

    Raises:
        InvalidInput: it was given something to run, or there is nothing to run by itself.

    """
    from functools import partial

    import anyio

    from groundsel_ingest import daemon
    from groundsel_ingest.showing import Quiet, teller
    from groundsel_ingest.sources import check
    from groundsel_pipelines.composition import open_embedder
    from groundsel_pipelines.errors import InvalidInput

    if what:
        raise InvalidInput("--daemon runs the configured sources; give it no folder or name")
    check(settings.sources)
    if not any(source.schedule for source in settings.sources.values()) and not daemon.watched(settings):
        raise InvalidInput('no source has a schedule: give one in groundsel.toml, [sources.NAME] schedule = "10m"')
    embedder = open_embedder(settings)
    anyio.run(partial(daemon.serve, settings, embedder=embedder, progress=Quiet(), told=teller(as_json=as_json)))


@app.command("retry", help="Try again what could not be taken before: the dead letters, and nothing else.")
def retry(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="by default, every source")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Try again what could not be taken before: the dead letters, and nothing else.

    Raises:
        InvalidInput: there is no such source.

    """
    from contextlib import ExitStack

    from groundsel_ingest.history import read_statuses, utc_now
    from groundsel_ingest.running import task_to_retry
    from groundsel_pipelines.composition import open_embedder
    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.settings import read_settings

    settings = read_settings()
    statuses = read_statuses(
        settings.store.folder, sources=settings.sources, collection=settings.collection, now=utc_now()
    )
    known = {status.source for status in statuses}
    if unknown := set(names or []) - known:
        raise InvalidInput(f"there is no source {min(unknown)!r}; there are: {', '.join(sorted(known)) or 'none'}")
    wanted = [status for status in statuses if status.dead_letters and (not names or status.source in names)]
    with ExitStack() as stack:
        tasks = [task_to_retry(status, settings) for status in wanted]
        for task in tasks:
            stack.callback(task.connector.close)
        if not tasks:
            typer.echo("[]" if as_json else "nothing was rejected")
            return
        tell(*carry_out(tasks, settings, open_embedder(settings)), as_json=as_json, several=True)


@app.command("status")
def status(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="by default, every source")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show each source: its last sync, what is indexed of it, how fast, what went wrong, the time left."""
    from groundsel_ingest.history import read_statuses, utc_now
    from groundsel_ingest.showing import show_statuses, to_json
    from groundsel_ingest.sources import check
    from groundsel_pipelines.settings import read_settings

    settings = read_settings()
    check(settings.sources)
    now = utc_now()
    found = read_statuses(settings.store.folder, sources=settings.sources, collection=settings.collection, now=now)
    if names:
        found = [each for each in found if each.source in names]
    if as_json:
        typer.echo(to_json(found))
    else:
        show_statuses(found, now=now)


def refuse_nothing(report: "Report") -> None:
    """End with a failure where a run leaves nothing to search: a mistyped folder must not look like success.

    Raises:
        InvalidInput: no document was taken, none was there before, and none was deleted.

    """
    from groundsel_ingest.extracting.formats import MEDIA_TYPES
    from groundsel_pipelines.errors import InvalidInput

    if not report.indexed + report.unchanged + report.deleted + report.withheld:
        known = ", ".join(suffix for suffix in MEDIA_TYPES if suffix != ".webpage")  # which is no file
        raise InvalidInput(f"nothing in {report.place} can be searched; give a folder that holds files of {known}")


def discard(tasks: "Sequence[Task]", settings: "Settings", embedder: "Embedder") -> None:
    """Remove what a cluster holds of the collections that are to be made anew."""
    from functools import partial

    import anyio

    if settings.store.kind == "elasticsearch":
        from groundsel_pipelines import rebuilding  # and with it, the client

        collections = {task.collection for task in tasks}
        anyio.run(partial(rebuilding.discard, settings.store.cluster(), collections, embedder=embedder))


def throw_away(folder: Path) -> None:
    """Remove the index and the ledger in `folder`, and nothing that is not ours.

    Raises:
        InvalidInput: `folder` holds something else than an index.
        Unavailable: an ingest into it is running.

    """
    import shutil

    from groundsel_ingest.lease import refuse_if_busy
    from groundsel_pipelines.errors import InvalidInput

    if not folder.exists():
        return
    if not any((folder / name).exists() for name in ("groundsel.db", "manifest.db")) and any(folder.iterdir()):
        raise InvalidInput(f"{folder} holds something else than an index; it was left as it is")
    refuse_if_busy(folder)
    shutil.rmtree(folder / "lexical", ignore_errors=True)
    for pattern in ("groundsel.db*", "manifest.db*", "*.lock"):  # vectors.db stays: equal passages have equal vectors
        for path in folder.glob(pattern):
            path.unlink()
