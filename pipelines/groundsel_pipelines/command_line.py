"""The one command, `groundsel`: its sub-commands are entry points, its errors are sentences."""

import sys
from importlib.metadata import entry_points

import typer

from groundsel_pipelines.errors import GroundselError


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
        alone = not command.registered_commands  # then options may stand after its arguments
        app.add_typer(command, name=entry.name, context_settings={"allow_interspersed_args": alone})
    return app


def main() -> None:
    """Run `groundsel`; a failure of ours is one sentence on stderr and exit code 1, never a traceback."""
    try:
        application()()
    except GroundselError as error:
        typer.secho("Error: ", fg="red", bold=True, nl=False, err=True)
        typer.echo(error, err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
