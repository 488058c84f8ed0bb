"""`groundsel ask`: an answer from the documents, sentence by sentence, every one with the place it stands at."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundsel_pipelines.commands.options import Principals, asker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from groundsel_pipelines.composition import Service
    from groundsel_pipelines.settings import Settings
    from groundsel_pipelines.types import AnswerEvent

    Asked = Callable[[Service], AsyncGenerator[AnswerEvent]]

app = typer.Typer()

NOT_TOLD = "The documents do not say."
BUSY = "The language model is busy; ask again in a moment."
REASONS = {
    "deadline": "quoted, as the model took too long",
    "model_unavailable": "quoted, as the model gave no answer",
    "ungrounded": "quoted, as what the model wrote is not in the documents",
}


@app.callback(invoke_without_command=True)
def ask(
    question: Annotated[str, typer.Argument(help="in plain words")],
    *,
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Answer a question from the documents, with citations."""
    import anyio

    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.types import AnswerRequest

    settings = read_settings()
    request = AnswerRequest(text=question, principals=asker(settings, principals))
    anyio.run(tell, settings, lambda service: service.answerer.answer(request), as_json)


async def tell(settings: "Settings", asked: "Asked", as_json: bool) -> None:  # noqa: FBT001 - anyio.run passes by position
    """Open the service, and print the events of an answer as they come, or one object at the end."""
    from contextlib import aclosing

    from groundsel_pipelines.composition import open_service, require_documents, require_index

    require_index(settings)
    async with open_service(settings) as service, aclosing(asked(service)) as events:
        await require_documents(settings, service.store)
        if as_json:
            typer.echo(to_json([event async for event in events]))
        else:
            await show(events)


async def show(events: "AsyncGenerator[AnswerEvent]") -> None:
    """Print sentences at once, and the citations below them."""
    from rich.console import Console
    from rich.markup import escape

    from groundsel_pipelines.types import Citation, Failure, Finish, TextDelta

    console = Console(highlight=False, soft_wrap=True)
    citations: list[Citation] = []
    async for event in events:
        match event:
            case TextDelta(text=text):
                console.print(escape(text), end="")
            case Citation():
                citations.append(event)
            case Finish():
                if citations:
                    console.print()
                show_citations(console.print, citations)
                show_end(console.print, event)
            case Failure(detail=detail):
                fail(detail)
            case _:
                pass


def show_citations(write: "Callable[[str], None]", citations: list["Citation"]) -> None:
    from rich.markup import escape

    for citation in citations:
        page = f", page {citation.page}" if citation.page else ""
        write(f"\n[bold]\\[{citation.marker}][/] {escape(citation.title)} [dim]{escape(citation.uri)}{page}[/]")
        write(f"    “{escape(citation.quote)}”")


def show_end(write: "Callable[[str], None]", end: "Finish") -> None:
    if end.status == "not_in_documents":
        write(NOT_TOLD)
    elif end.status == "skipped":
        write(BUSY)
    elif end.status == "conflicting":
        write("\n[yellow]The documents contradict each other: the newer one is quoted first.[/]")
    if end.reason in REASONS:
        write(f"\n[dim]({REASONS[end.reason]})[/]")


def fail(detail: str) -> None:
    from groundsel_pipelines.errors import GroundselError

    raise GroundselError(detail)


def to_json(events: list["AnswerEvent"]) -> str:
    """Put the events of an answer into one object."""
    import json
    from dataclasses import asdict

    from groundsel_pipelines.commands.search import result_to_json
    from groundsel_pipelines.types import Citation, Failure, Finish, ResultsFound, TextDelta

    end = events[-1]
    if isinstance(end, Failure):
        fail(end.detail)
    assert isinstance(end, Finish)  # noqa: S101 - the alphabet says so
    return json.dumps(
        {
            "status": end.status,
            "method": end.method,
            "reason": end.reason,
            "text": "".join(event.text for event in events if isinstance(event, TextDelta)),
            "citations": [asdict(event) for event in events if isinstance(event, Citation)],
            "results": [
                result_to_json(result)
                for event in events
                if isinstance(event, ResultsFound)
                for result in event.results.results
            ],
            "usage": asdict(end.usage),
            "took_ms": {name: round(took, 1) for name, took in end.took_ms.items()},
        },
        indent=2,
        ensure_ascii=False,
    )


if TYPE_CHECKING:
    from groundsel_pipelines.types import Citation, Finish
