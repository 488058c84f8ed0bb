"""`groundsel search`: documents that fit a few words or a question, each by its best passage."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundsel_pipelines.commands.options import Principals, asker

if TYPE_CHECKING:
    from groundsel_pipelines.settings import Settings
    from groundsel_pipelines.types import Filter, PlanPart, QueryPlan, Result, SearchRequest, SearchResults

app = typer.Typer()


@app.callback(invoke_without_command=True)
def search(  # noqa: PLR0913 - its options, each by name
    query: Annotated[str, typer.Argument(help="a few words, or a question")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=100, help="how many documents")] = 10,
    offset: Annotated[int, typer.Option(min=0, max=900, help="how many to pass over first")] = 0,
    mode: Annotated[Literal["hybrid", "lexical", "dense"], typer.Option(help="which legs search")] = "hybrid",
    where: Annotated[
        list[str] | None, typer.Option("--filter", metavar="FIELD=VALUE", help="source, media_type or language")
    ] = None,
    sort: Annotated[
        Literal["relevance", "newest", "oldest"], typer.Option(help="by date, or the best first")
    ] = "relevance",
    collapse: Annotated[
        bool, typer.Option("--collapse", help="show documents that say nearly the same as one")
    ] = False,
    undo: Annotated[
        list[str] | None, typer.Option(metavar="PART", help="take a part of the query as mere words, as shown with it")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="each leg's rank, and the time by stage")] = False,
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Find documents."""
    import anyio

    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.types import SearchRequest

    settings = read_settings()
    request = SearchRequest(
        text=query,
        principals=asker(settings, principals),
        mode=mode,
        filters=tuple(map(read_filter, where or [])),
        undone=frozenset(undo or ()),
        sort=sort,
        collapse=collapse,
        offset=offset,
        limit=limit,
    )
    found = anyio.run(run, settings, request)
    if as_json:
        typer.echo(to_json(found))
    else:
        show(found, explain=explain)


async def run(settings: "Settings", request: "SearchRequest") -> "SearchResults":
    from groundsel_pipelines.composition import open_service, require_documents, require_index

    require_index(settings)
    async with open_service(settings) as service:
        found = await service.searcher.search(request)
        if not found.results:
            await require_documents(settings, service.store)
        return found


def read_filter(text: str) -> "Filter":
    """Read one condition as it is typed: `media_type=pdf`."""
    from typing import cast, get_args

    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.types import Filter, FilterField

    field, _, value = text.partition("=")
    known = [name for name in get_args(FilterField) if name != "updated_at"]
    if field not in known or not value:
        raise InvalidInput(f"{text!r} is no filter; write FIELD=VALUE with one of {', '.join(known)}")
    return Filter(field=cast("FilterField", field), op="in", values=(value,))


def show(found: "SearchResults", *, explain: bool) -> None:
    """Print the results for reading: title, place, snippets."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for part in found.plan.parts:
        console.print(f"[dim]{told_part(part)}[/]", markup=True)
    if not found.results:
        console.print("Nothing found.")
    for result in found.results:
        show_result(console.print, result, explain=explain)
    if found.results:
        of = f"{found.total}" if found.total_is_exact else f"at least {found.total}"
        console.print(f"[dim]{found.results[0].rank}-{found.results[-1].rank} of {of} documents[/]")
    for stage in found.degraded:
        console.print(f"[yellow]note[/] the stage {stage!r} failed or was late and was left out")
    if explain:
        console.print("[dim]" + ", ".join(f"{stage} {took:.1f} ms" for stage, took in found.took_ms.items()) + "[/]")


def told_part(part: "PlanPart") -> str:
    """Say what a part of the question was taken for, and how to have it otherwise."""
    from rich.markup import escape

    if not part.applied:
        return f"did you mean {escape(part.becomes)} instead of {escape(part.text)!r}?"
    return f"{part.kind}: {escape(part.text)} is taken as {escape(part.becomes)}; as mere words: --undo {part.part_id}"


def show_result(write: "Write", result: "Result", *, explain: bool) -> None:
    import html

    from rich.markup import escape

    passage = result.passage
    page = f", page {passage.page}" if passage.page else ""
    date = f", {passage.updated_at:%Y-%m-%d}" if passage.updated_at else ""
    write(f"[bold]{result.rank}. {escape(passage.title)}[/] [dim]{escape(passage.uri)}{page}{date}[/]")
    for snippet in result.snippets:
        marked = escape(snippet).replace("<em>", "[bold yellow]").replace("</em>", "[/]")
        write(f"   {html.unescape(marked)}")
    if result.duplicates:
        write(
            f"   [dim]and {len(result.duplicates)} that say nearly the same: {escape(', '.join(result.duplicates))}[/]"
        )
    if explain:
        ranks = ", ".join(f"{leg} {rank}" for leg, rank in result.ranks.items())
        write(f"   [dim]score {result.score:.3f}; {ranks or 'beyond both legs'}[/]")


def to_json(found: "SearchResults") -> str:
    import json

    return json.dumps(
        {
            "mode": found.mode,
            "degraded": found.degraded,
            "took_ms": {stage: round(took, 2) for stage, took in found.took_ms.items()},
            "total": found.total,
            "total_is_exact": found.total_is_exact,
            "query_plan": plan_to_json(found.plan),
            "results": [result_to_json(result) for result in found.results],
            "as_of": {source: at.isoformat() for source, at in found.as_of.items()},
        },
        indent=2,
        ensure_ascii=False,
    )


def plan_to_json(plan: "QueryPlan") -> dict[str, object]:
    from dataclasses import asdict

    return {"words": plan.words, "parts": [{"id": part.part_id, **asdict(part)} for part in plan.parts]}


def result_to_json(result: "Result") -> dict[str, object]:
    passage = result.passage
    return {
        "id": passage.doc_id,
        "passage_id": passage.passage_id,
        "title": passage.title,
        "url": passage.uri,
        "page": passage.page,
        "source": passage.source,
        "media_type": passage.media_type,
        "language": passage.language,
        "updated_at": passage.updated_at.isoformat() if passage.updated_at else None,
        "snippets": result.snippets,
        "rank": result.rank,
        "score": round(result.score, 4),
        "explain": dict(result.ranks),
        "duplicates": result.duplicates,
        "version": passage.version,
    }


if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str], None]
