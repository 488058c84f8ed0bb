"""`groundsel summarize`: what a document, a thread, a search or all documents on a subject say; each sentence cited."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker, named

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from groundsel_pipelines.composition import Service
    from groundsel_pipelines.types import AnswerEvent, SummaryRequest

app = typer.Typer()


@app.callback(invoke_without_command=True)
def summarize(
    document: Annotated[
        str, typer.Argument(metavar="[FILE-OR-ID]", help="a file as it was indexed, or a document's id")
    ] = "",
    *,
    query: Annotated[str, typer.Option(help="summarise the best results of this search together")] = "",
    subject: Annotated[str, typer.Option(help="a dossier on this customer, case or project, over all documents")] = "",
    thread: Annotated[bool, typer.Option(help="of a mail: with those it answers and that answer it")] = False,
    after: Annotated[int, typer.Option(min=0, help="leave out the first sentences, which were told before")] = 0,
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Summarise a document, a mail's thread, the results of a search, or all that is known on a subject."""
    import anyio

    from groundsel_pipelines.commands.ask import tell
    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.types import SummaryRequest

    settings = read_settings()
    request = SummaryRequest(
        principals=asker(settings, principals), text=query, subject=subject, thread=thread, after=after
    )
    anyio.run(tell, settings, lambda service: summary(service, document, request), as_json)


async def summary(service: "Service", name: str, request: "SummaryRequest") -> "AsyncGenerator[AnswerEvent]":
    """Find the document, if one is named, and summarise it."""
    from contextlib import aclosing
    from dataclasses import replace

    if name:
        request = replace(request, doc_ids=(await named(service.store, name, request.principals),))
    async with aclosing(service.answerer.summarize(request)) as events:
        async for event in events:
            yield event
