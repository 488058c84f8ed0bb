"""`groundsel init`: a commented `groundsel.toml` with every key and its default."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.callback(invoke_without_command=True)
def init(
    folder: Annotated[Path, typer.Argument(help="where to write groundsel.toml")] = Path(),
    *,
    print_only: Annotated[bool, typer.Option("--print", help="print it, write nothing")] = False,
) -> None:
    """Write a commented groundsel.toml with every setting and its default."""
    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.settings import FILE_NAME, commented_defaults

    if print_only:
        typer.echo(commented_defaults(), nl=False)
        return
    target = folder / FILE_NAME
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(commented_defaults())
    except FileExistsError:
        raise InvalidInput(
            f"{target} is there already and was left as it is; `groundsel init --print` shows the defaults"
        ) from None
    except OSError as error:
        raise InvalidInput(f"{target} cannot be written ({error.strerror}); name a folder that exists") from None
    typer.echo(f"Wrote {target}: every key is there, commented out, with its default.")
