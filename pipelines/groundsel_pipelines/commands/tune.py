"""`groundsel tune`: fits parts of the search to judged questions, and refuses what does not win for certain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker
from groundsel_pipelines.commands.stages import progress_bars

if TYPE_CHECKING:
    from groundsel_pipelines.evaluating.tuning import Tuned

app = typer.Typer(no_args_is_help=True, help="Fit parts of the search to judged questions.")

NO_GAIN = 1  # exit code


@app.callback()
def group() -> None:
    """Keep `fusion` a sub-command while it is the only one."""


@app.command()
def fusion(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="judged questions, as `groundsel eval` reads them")],
    *,
    collection: Annotated[str, typer.Option(help="for this collection only; by default, for all")] = "",
    split: Annotated[str, typer.Option(help="which qrels of a BEIR folder")] = "test",
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Fit the fusion and its weight; what to configure is printed only where it wins on questions not looked at."""
    from dataclasses import asdict
    from functools import partial

    import anyio
    import orjson

    from groundsel_pipelines.evaluating import evaluation, sets
    from groundsel_pipelines.settings import read_settings

    settings = read_settings()
    judged = sets.read_set(folder, split=split)
    with progress_bars() as told:
        fit = partial(evaluation.tune, judged, settings, principals=asker(settings, principals), told=told)
        tuned = anyio.run(fit)
    if as_json:
        typer.echo(orjson.dumps({**asdict(tuned), "wins": tuned.wins}, option=orjson.OPT_INDENT_2))
    else:
        tell(tuned, collection)
    if not tuned.wins:
        raise typer.Exit(NO_GAIN)


def tell(tuned: "Tuned", collection: str) -> None:
    """Say what was found, and what to write into groundsel.toml where it wins."""
    from groundsel_pipelines.evaluating.tuning import shown

    best = sorted(tuned.scores.items(), key=lambda pair: -pair[1])[:5]
    folds = "; ".join(f"{name} ({times} of 5)" for name, times in tuned.folds.items())
    typer.echo("best over all questions: " + "; ".join(f"{name} {score:.4f}" for name, score in best))
    typer.echo(f"chosen without the questions that it counts on: {folds}")
    typer.echo(f"gain in nDCG@10 over {shown(tuned.before)}: {tuned.gain}, {tuned.gain.count} questions")
    if not tuned.wins:
        typer.echo("Refused: the interval does not lie above zero. Nothing is to be changed.")
        return
    name, weight = tuned.choice
    section = f"search.collections.{collection}" if collection else "search"
    typer.echo(f'Write into groundsel.toml:\n\n[{section}]\nfusion = "{name}"\nweight = {weight}')
