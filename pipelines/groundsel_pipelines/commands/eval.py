"""`groundsel eval`: how good search and answers are over judged questions, and whether they became worse."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker
from groundsel_pipelines.commands.stages import progress_bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsel_pipelines.evaluating.comparing import Change

app = typer.Typer()

UNDECIDED = 2  # exit code of a gate that cannot tell; 1 is worse


@app.callback(invoke_without_command=True)
def evaluate(  # noqa: PLR0913 - an option each
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="corpus, queries and qrels (BEIR, TREC), or files and questions.jsonl; rows with --role"
        ),
    ] = None,
    *,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="write every figure here")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="write a page to look at")] = None,
    store: Annotated[str, typer.Option(help="the store, by its name; by default, the configured one")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="how many questions, spread over the set")] = None,
    answers: Annotated[int | None, typer.Option(min=0, help="how many of them to answer, too [default: all]")] = None,
    split: Annotated[str, typer.Option(help="which qrels of a BEIR folder")] = "test",
    compare: Annotated[Path | None, typer.Option(metavar="OLD.json", help="an earlier --json to compare with")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="exit 1 if worse than OLD.json, 2 if undecided")] = False,
    from_log: Annotated[bool, typer.Option("--from-log", help="judge the live index by what people opened")] = False,
    principals: Principals = None,
    role: Annotated[
        str, typer.Option(help="measure a small model of this role, such as reader or answer, on a FILE.jsonl")
    ] = "",
    model: Annotated[str, typer.Option(help="the model of that role [default: the one that is shipped]")] = "",
    baseline: Annotated[str, typer.Option(help="hold it against another model, cosine, overlap, rule or typed")] = "",
) -> None:
    """Measure relevance and answers over judged questions, with an interval beside every figure."""
    from functools import partial

    import anyio
    from rich.console import Console

    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.evaluating import comparing, evaluation, logged, page, report, sets, table
    from groundsel_pipelines.settings import read_settings

    if (folder is None) != from_log:
        raise InvalidInput("name a folder, or --from-log for the query log: one of them")
    if gate and compare is None:
        raise InvalidInput("--gate needs a report to compare with: --compare OLD.json")
    settings = read_settings()
    if role:
        from groundsel_pipelines.commands.roles import evaluate_role

        if folder is None:
            raise InvalidInput("--role needs the FILE.jsonl that holds its rows")
        evaluate_role(folder, role, settings, model=model, baseline=baseline, json_file=json_file)
        return
    if store:
        settings = settings.model_copy(update={"store": settings.store.model_copy(update={"kind": store})})
    earlier = report.read_earlier(compare) if compare else None
    plan = evaluation.Plan(
        evaluation=sets.read_set(folder, split=split, limit=limit)
        if folder
        else logged.read_log(settings, limit=limit),
        principals=asker(settings, principals),
        answered=answers,
    )
    with progress_bars() as told:
        found = anyio.run(partial(evaluation.evaluate, plan, settings, told=told))
    changes = comparing.compare(found, earlier) if earlier else None
    if json_file:
        report.write_json(found, json_file)
    if html_file:
        report.write(html_file, page.rendered(found, changes).encode())
    table.show(Console(highlight=False, soft_wrap=True), found, changes)
    if gate and changes is not None:
        decide(changes)


def decide(changes: "Sequence[Change]") -> None:
    """End with what the gate says: 0 to pass, 1 for worse, 2 where it cannot tell."""
    from groundsel_pipelines.evaluating.comparing import undecided, worse

    if lost := worse(changes):
        for each in lost:
            typer.secho(f"Worse: {each.what}, by {each.interval}", fg="red", err=True)
        raise typer.Exit(1)
    if reason := undecided(changes):
        typer.secho(f"Undecided: {reason}", fg="yellow", err=True)
        raise typer.Exit(UNDECIDED)
    typer.secho("No worse.", fg="green", err=True)
