"""`groundsel summarize`: what a document, a thread, a search or all documents on a subject say; each sentence cited."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker

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
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Summarise a document, a mail's thread, the results of a search, or all that is known on a subject."""
    import anyio

    from groundsel_pipelines.commands.ask import tell
    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.types import SummaryRequest

    settings = read_settings()
    request = SummaryRequest(principals=asker(settings, principals), text=query, subject=subject, thread=thread)
    anyio.run(tell, settings, lambda service: summary(service, document, request), as_json)


async def summary(service: "Service", name: str, request: "SummaryRequest") -> "AsyncGenerator[AnswerEvent]":
    """Find the document by its id, its whole path or the end of its path, and summarise it."""
    from contextlib import aclosing
    from dataclasses import replace

    from anyio import Path

    from groundsel_pipelines.errors import InvalidInput

    if name:
        uri, principals = (await Path(name).resolve()).as_uri(), request.principals
        found = await service.store.locate(uri, principals=principals)
        found = found or await service.store.locate(name, principals=principals) or (name,)
        if len(found) > 1:
            raise InvalidInput(
                f"{len(found)} documents are called {name}; give one's whole path, or its id: {found[0]}"
            )
        request = replace(request, doc_ids=found)
    async with aclosing(service.answerer.summarize(request)) as events:
        async for event in events:
            yield event
