"""`groundsel search`: documents that fit a few words or a question, each by its best passage."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundsel_pipelines.commands.options import Principals, asker, named

if TYPE_CHECKING:
    from groundsel_pipelines.settings import Settings
    from groundsel_pipelines.types import Filter, SearchRequest, SearchResults

app = typer.Typer()


@app.callback(invoke_without_command=True)
def search(  # noqa: PLR0913 - its options, each by name
    query: Annotated[str, typer.Argument(help="a few words, or a question")] = "",
    *,
    like: Annotated[
        str, typer.Option(metavar="FILE-OR-ID", help="instead of words: documents that speak of the same as this one")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="how many documents")] = 10,
    offset: Annotated[int, typer.Option(min=0, max=900, help="how many to pass over first")] = 0,
    mode: Annotated[Literal["hybrid", "lexical", "dense"], typer.Option(help="which legs search")] = "hybrid",
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", metavar="FIELD=VALUE", help="source, media_type, language, updated_at=YEAR, metadata.NAME"
        ),
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
    facets: Annotated[bool, typer.Option("--facets", help="count by type, source, language and date as well")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="each leg's rank, and the time by stage")] = False,
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Find documents."""
    import anyio

    from groundsel_pipelines.commands.found import show, to_json
    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.types import SearchRequest

    if bool(query) == bool(like):
        raise InvalidInput('write a few words to search for, or --like FILE-OR-ID: groundsel search "annual leave"')
    if like and (offset or where or undo or facets or mode != "hybrid" or sort != "relevance"):
        raise InvalidInput("--like takes --limit, --principal, --explain and --json; leave out the others")
    settings = read_settings()
    request = SearchRequest(
        text=query,
        principals=asker(settings, principals),
        mode=mode,
        filters=tuple(map(read_filter, where or [])),
        facets=("media_type", "source", "language", "updated_month") if facets else (),
        undone=frozenset(undo or ()),
        sort=sort,
        collapse=collapse,
        offset=offset,
        limit=limit,
    )
    found = anyio.run(run, settings, request, like)
    if as_json:
        typer.echo(to_json(found))
    else:
        show(found, explain=explain)


async def run(settings: "Settings", request: "SearchRequest", like: str) -> "SearchResults":
    from groundsel_pipelines.composition import open_service, require_documents, require_index
    from groundsel_pipelines.types import SimilarRequest

    require_index(settings)
    async with open_service(settings) as service:
        if like:
            doc_id = await named(service.store, like, request.principals)
            alike = SimilarRequest(doc_id=doc_id, principals=request.principals, limit=request.limit)
            return await service.searcher.similar(alike)
        found = await service.searcher.search(request)
        if not found.results:
            await require_documents(settings, service.store)
        return found


def read_filter(text: str) -> "Filter":
    """Read one condition as it is typed: `media_type=pdf`."""
    import re
    from typing import get_args

    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.types import METADATA, YEAR, Filter, FilterField

    field, _, value = text.partition("=")
    known = get_args(FilterField)
    if not value or not (field in known or field.startswith(METADATA)):
        raise InvalidInput(f"{text!r} is no filter; write FIELD=VALUE with one of {', '.join(known)}, {METADATA}NAME")
    if field == "updated_at" and not re.fullmatch(YEAR, value):
        raise InvalidInput(f"{value!r} is no year; write updated_at=2025, or ask for dates: since:2025-03-01")
    return Filter(field=field, op="in", values=(value,))
