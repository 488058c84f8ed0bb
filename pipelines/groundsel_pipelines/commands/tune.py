"""`groundsel tune`: fits the search and specialises small models, and refuses what does not win for certain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker
from groundsel_pipelines.commands.stages import progress_bars

if TYPE_CHECKING:
    from groundsel_pipelines.evaluating.preparing import Told
    from groundsel_pipelines.evaluating.tuning import Tuned
    from groundsel_pipelines.tuning.training import Progress

app = typer.Typer(no_args_is_help=True, help="Fit the search to judged questions; specialise small models.")

NO_GAIN = 1  # exit code


Recipe = Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="as those in tuning/")]
Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="where the recipe's sources lie")]


@app.command()
def data(
    recipe: Recipe,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="a folder for train.jsonl and held-out.jsonl")],
    *,
    folder: Data,
) -> None:
    """Write the rows of a recipe, split by document: to look at, to mend, to measure with `groundsel eval --role`."""
    from groundsel_pipelines.tuning.data import collect
    from groundsel_pipelines.tuning.recipes import read_recipe
    from groundsel_pipelines.tuning.rows import write_rows

    rows = collect(read_recipe(recipe), folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", rows.train), ("held-out", rows.held_out)):
        write_rows(out / f"{name}.jsonl", part)
        typer.echo(f"{out / name}.jsonl: {len(part)} rows")
    typer.echo(f"{rows.near_duplicates} rows too near to a held-out one were left out")


@app.command()
def rows(
    role: Annotated[str, typer.Argument(help="reader, verifier, reranker or answer")],
    out: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="the file to write")],
    *,
    collection: Annotated[str, typer.Option(help="by default, the configured one")] = "",
    from_log: Annotated[bool, typer.Option("--from-log", help="of what people opened and praised; a reranker")] = False,
    principals: Principals = None,
) -> None:
    """Make rows of a collection's own documents: headings, definitions, tables, lists; or of what people opened.

    Only of what the asker may see.
    """
    import anyio

    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.tuning.collecting import judged_by_people, made_of_documents
    from groundsel_pipelines.tuning.collection import MADE
    from groundsel_pipelines.tuning.rows import write_rows

    if role not in MADE:
        raise InvalidInput(f"no rows of the role {role!r} are made; known are {', '.join(MADE)}")
    if from_log and role != "reranker":
        raise InvalidInput("what people open says what is right for a question: --from-log makes rows of a reranker")
    settings = read_settings()
    asking = asker(settings, principals)
    if from_log:
        made = anyio.run(judged_by_people, settings, asking)
    else:
        made = anyio.run(made_of_documents, settings, role, collection or settings.collection, asking)
    write_rows(out, made)
    typer.echo(f"{out}: {len(made)} rows of {len({row.document for row in made})} documents")


@app.command()
def train(
    recipe: Recipe,
    *,
    folder: Data,
    adapters: Annotated[Path, typer.Option(metavar="DIR", help="where the adapter is put")] = Path("adapters"),
    force: Annotated[bool, typer.Option("--force", help="put it there although it does not win, marked so")] = False,
) -> None:
    """Train an adapter by a recipe, measure it on held-out documents, and keep it only if it wins for certain."""
    from functools import partial

    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.tuning.recipes import read_recipe
    from groundsel_pipelines.tuning.specialising import Places, specialise

    settings = read_settings()
    places = Places(data=folder, models=settings.models.folder, work=settings.tuning.folder, adapters=adapters)
    with progress_bars() as told:
        learnt = partial(tell_progress, told)
        found = specialise(read_recipe(recipe), places, force=force, told=told, learnt=learnt)
    for each in found.compared:
        typer.echo(str(each))
    if found.folder is None:
        typer.echo("Refused: a figure that decides does not win for certain. Nothing was changed.")
        raise typer.Exit(NO_GAIN)
    typer.echo(f"{found.folder}; install it with: groundsel models install {found.folder}")


def tell_progress(told: "Told", progress: "Progress") -> None:
    """Show the training as a bar, and the loss on a line of its own, which a log keeps."""
    told("training", progress.step, progress.steps)
    typer.echo(
        f"step {progress.step} of {progress.steps}: loss {progress.loss:.3f}, "
        f"{progress.tokens_per_second:.0f} tokens a second",
        err=True,
    )


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


@app.command()
def gate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="judged questions, as `groundsel eval` reads them")],
    *,
    collection: Annotated[
        str, typer.Option(help="what to write the threshold for; by default, the configured one")
    ] = "",
    principals: Principals = None,
) -> None:
    """Fit how sure an answer must be to be shown; what to configure is printed only where it wins out of fold."""
    from functools import partial

    import anyio

    from groundsel_pipelines.evaluating import evaluation, sets
    from groundsel_pipelines.settings import read_settings

    settings = read_settings()
    judged = sets.read_set(folder)
    with progress_bars() as told:
        fit = partial(evaluation.tune_gate_of, judged, settings, principals=asker(settings, principals), told=told)
        tuned = anyio.run(fit)
    kind = "with the reader" if tuned.reader else "without a reader"
    typer.echo(f"threshold {tuned.threshold} [{tuned.low}, {tuned.high}] {kind}; now {tuned.before}")
    typer.echo(
        f"gain in right answers shown less others shown: {tuned.gain}, {tuned.gain.count} questions, out of fold"
    )
    if not tuned.wins:
        typer.echo("Refused: the interval does not lie above zero. Nothing is to be changed.")
        raise typer.Exit(NO_GAIN)
    name = collection or settings.collection
    typer.echo(
        f"Write into groundsel.toml:\n\n[answer.collections.{name}]\n"
        f"threshold = {tuned.threshold}\nreader = {str(tuned.reader).lower()}"
    )


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
