"""The one command, `groundsel`: its sub-commands are entry points, its errors are sentences."""

import signal
import sys
from importlib.metadata import entry_points
from typing import NoReturn

import typer

from groundsel_pipelines.errors import GroundselError

TERMINATED = 143  # the exit code by which shells know that SIGTERM was followed


def application() -> typer.Typer:
    """Collect every registered sub-command; each is a typer.Typer whose heavy imports wait until it runs."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: loading rich would take a third of its time
        help="Search and cited answers over your own documents, on your own machine, offline.",
    )
    for entry in sorted(entry_points(group="groundsel.commands"), key=lambda entry: entry.name):
        command = entry.load()
        if command.registered_commands or command.registered_callback is None:
            app.add_typer(command, name=entry.name)
        else:  # a lone command; as a group it would ask for a COMMAND in its help
            app.command(entry.name)(command.registered_callback.callback)
    return app


def spelled_out(arguments: list[str]) -> list[str]:
    """`groundsel ingest DIR` is `groundsel ingest run DIR`, and so in every group that has a command `run`."""
    if not arguments or arguments[0] not in (found := entry_points(group="groundsel.commands")).names:
        return arguments
    names = {command.name for command in found[arguments[0]].load().registered_commands}
    if "run" not in names or (arguments[1:] and arguments[1] in {*names, "--help"}):
        return arguments
    return [arguments[0], "run", *arguments[1:]]


def main() -> None:
    """Run `groundsel`; a failure is one sentence on stderr and exit code 1, never a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that nothing half-made is left behind
    try:
        sys.argv[1:] = spelled_out(sys.argv[1:])
        application()()
    except GroundselError as error:
        fail(str(error))
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing is lost. The same command goes on from here.", err=True)
        sys.exit(130)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}; check the disk and the folder's rights, or run: groundsel doctor")
    except Exception as error:  # noqa: BLE001 - a defect is told in a sentence too, and kept whole for its report
        fail(f"Groundsel broke over this ({type(error).__name__}); that is a defect: please report {written(error)}")


def fail(sentence: str) -> NoReturn:
    typer.secho("Error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(sentence, err=True)
    sys.exit(1)


def written(error: Exception) -> str:
    """Write a traceback to a file of its own, and give the file's name."""
    import tempfile  # noqa: PLC0415 - only where something broke: it takes time to load
    import traceback  # noqa: PLC0415

    with tempfile.NamedTemporaryFile("w", prefix="groundsel-", suffix=".log", delete=False) as log:
        traceback.print_exception(error, file=log)
    return log.name
