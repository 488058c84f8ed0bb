"""`groundsel summarize`: what a document says, in a few of its sentences, each cited."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from groundsel_pipelines.composition import Service
    from groundsel_pipelines.types import AnswerEvent

app = typer.Typer()


@app.callback(invoke_without_command=True)
def summarize(
    document: Annotated[str, typer.Argument(metavar="FILE-OR-ID", help="a file as it was indexed, or a document's id")],
    *,
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Summarise a document, with citations."""
    from pathlib import Path

    import anyio

    from groundsel_pipelines.commands.ask import tell
    from groundsel_pipelines.settings import read_settings

    settings = read_settings()
    uri = Path(document).resolve().as_uri()
    anyio.run(tell, settings, lambda service: summary(service, document, uri, asker(settings, principals)), as_json)


async def summary(service: "Service", name: str, uri: str, principals: frozenset[str]) -> "AsyncGenerator[AnswerEvent]":
    """Find the document by its id, its whole path or the end of its path, and summarise it."""
    from contextlib import aclosing

    from groundsel_pipelines.errors import InvalidInput
    from groundsel_pipelines.types import SummaryRequest

    found = await service.store.locate(uri, principals=principals)
    found = found or await service.store.locate(name, principals=principals) or (name,)
    if len(found) > 1:
        raise InvalidInput(f"{len(found)} documents are called {name}; give one's whole path, or its id: {found[0]}")
    request = SummaryRequest(principals=principals, doc_ids=found)
    async with aclosing(service.answerer.summarize(request)) as events:
        async for event in events:
            yield event
