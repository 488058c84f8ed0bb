"""`groundsel queries`: what people ask, what finds nothing, and what nobody opens a result of."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from groundsel_pipelines.query_report import Asked, Report

app = typer.Typer()

SHOWN = 20


@app.callback(invoke_without_command=True)
def queries(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    html_file: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="write a page to look at")] = None,
    limit: Annotated[int, typer.Option(min=1, help="how many of each list")] = SHOWN,
) -> None:
    """Show what the query log tells."""
    from groundsel_pipelines.query_log import lines
    from groundsel_pipelines.query_report import report
    from groundsel_pipelines.settings import read_settings

    found = report(lines(read_settings().log.folder))
    if html_file:
        html_file.write_text(page(found, limit), encoding="utf-8")
    if as_json:
        import json

        typer.echo(json.dumps({name: [row(each) for each in held[:limit]] for name, held in lists(found)}, indent=2))
        return
    typer.echo(f"{found.searches} searches, {len(found.questions)} questions")
    for name, held in lists(found):
        typer.secho(f"\n{name}", bold=True)
        for each in held[:limit]:
            typer.echo(f"{max(each.times, each.not_told):6}  {each.text}")
        if not held:
            typer.echo("        none")


def lists(found: "Report") -> "list[tuple[str, tuple[Asked, ...]]]":
    return [
        ("Without results", found.without_results),
        ("Without clicks", found.without_clicks),
        ("Without an answer", found.not_told),
        ("Most frequent", found.questions),
    ]


def row(asked: "Asked") -> dict[str, object]:
    told = {"query": asked.text, "times": asked.times, "clicked": asked.clicked, "last": asked.last}
    return {**told, "without_answer": asked.not_told}


def page(found: "Report", limit: int) -> str:
    """Give one HTML file that needs nothing else; what people typed is text in it."""
    from groundsel_pipelines.evaluating.page import whole

    sections = "".join(f"<h2>{name}</h2>{table(held[:limit])}" for name, held in lists(found))
    return whole(
        "Queries · Groundsel",
        f"<h1>What people ask</h1>\n<p>{found.searches} searches, {len(found.questions)} questions. "
        f"Without results: no document holds any of the words.</p>\n{sections}",
    )


def table(held: "tuple[Asked, ...]") -> str:
    from html import escape

    if not held:
        return "<p>None.</p>"
    rows = "".join(
        f"<tr><td>{escape(each.text)}<td>{max(each.times, each.not_told)}<td>{each.clicked}"
        f'<td class="day">{escape(each.last[:10])}</tr>'
        for each in held
    )
    return (
        '<div class="card"><table class="asked"><tr><th>Question<th>Times<th>Opened<th>Last asked</tr>'
        f"{rows}</table></div>"
    )
