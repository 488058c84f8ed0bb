"""The one command, `groundsel`: its sub-commands are entry points, its errors are sentences."""

import sys
from importlib.metadata import entry_points

import typer
from rich.console import Console
from rich.text import Text

from groundsel_pipelines.errors import GroundselError


def application() -> typer.Typer:
    """Collect every registered sub-command; each is a typer.Typer whose heavy imports wait until it runs."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Search and cited answers over your own documents, on your own machine, offline.",
    )
    for entry in sorted(entry_points(group="groundsel.commands"), key=lambda entry: entry.name):
        app.add_typer(entry.load(), name=entry.name)
    return app


def main() -> None:
    """Run `groundsel`; a failure of ours is one sentence on stderr and exit code 1, never a traceback."""
    try:
        application()()
    except GroundselError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(Text("Error: ", style="bold red") + str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
