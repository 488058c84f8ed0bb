"""`groundsel ask`: an answer from the documents, sentence by sentence, every one with the place it stands at."""

import sys
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
REMEMBERED = 20  # turns of a conversation
BUSY = "The language model is busy; ask again in a moment."
SECTIONS = {"facts": "What is known", "open": "What is open", "contradictions": "What contradicts itself"}
PARTED = "\n\n"
REASONS = {
    "deadline": "quoted, as the model took too long",
    "model_unavailable": "quoted, as the model gave no answer",
    "ungrounded": "quoted, as what the model wrote is not in the documents",
}


@app.callback(invoke_without_command=True)
def ask(
    question: Annotated[str, typer.Argument(help="in plain words; without one, a conversation begins")] = "",
    *,
    principals: Principals = None,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Answer a question from the documents, with citations."""
    import anyio

    from groundsel_pipelines.settings import read_settings
    from groundsel_pipelines.types import AnswerRequest

    settings = read_settings()
    if not question and not as_json and sys.stdin.isatty():
        anyio.run(converse, settings, asker(settings, principals))
        return
    request = AnswerRequest(text=question, principals=asker(settings, principals))
    anyio.run(tell, settings, lambda service: service.answerer.answer(request), as_json)


async def converse(settings: "Settings", principals: frozenset[str]) -> None:
    """Answer one question after the other, each with those before it in mind, until there is no more."""
    from anyio import to_thread

    from groundsel_pipelines.composition import open_service, require_documents, require_index
    from groundsel_pipelines.errors import GroundselError
    from groundsel_pipelines.types import AnswerRequest, Turn

    require_index(settings)
    history: list[Turn] = []
    async with open_service(settings) as service:
        await require_documents(settings, service.store)
        typer.echo("Ask; an empty line ends the conversation.")
        while question := await to_thread.run_sync(next_question):
            request = AnswerRequest(text=question, principals=principals, history=tuple(history[-REMEMBERED:]))
            try:
                said = await show(service.answerer.answer(request))
            except GroundselError as error:  # said, and the conversation goes on
                typer.secho(str(error), err=True, fg=typer.colors.RED)
                continue
            history += [Turn(role="user", text=question), Turn(role="assistant", text=said)]


def next_question() -> str:
    """Read a line; "" at the end of what is typed."""
    try:
        return input("\n> ").strip()
    except EOFError:
        return ""


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


async def show(events: "AsyncGenerator[AnswerEvent]") -> str:
    """Print sentences at once, and the citations below them; give what was said."""
    from rich.console import Console
    from rich.markup import escape

    from groundsel_pipelines.types import Citation, Failure, Finish, ResultsFound, SectionBegun, TextDelta

    console = Console(highlight=False, soft_wrap=True)
    said = ""
    waiting = ""  # a sentence until its citation says which words of it answer
    citations: list[Citation] = []
    async for event in events:
        if waiting:
            console.print(marked(waiting, event) if isinstance(event, Citation) else escape(waiting), end="")
            waiting = ""
        match event:
            case ResultsFound(rewritten=rewritten) if rewritten:
                console.print(f"[dim]Understood as: {escape(rewritten)}[/]")
            case SectionBegun(kind=kind):
                console.print(f"{PARTED if said else ''}[bold]{SECTIONS[kind]}[/]")
            case TextDelta(text=text):
                said += text
                waiting = text
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
    return said


def show_citations(write: "Callable[[str], None]", citations: list["Citation"]) -> None:
    from rich.markup import escape

    for citation in citations:
        page = f", page {citation.page}" if citation.page else ""
        write(f"\n[bold]\\[{citation.marker}][/] {escape(citation.title)} [dim]{escape(citation.uri)}{page}[/]")
        write(f"    “{marked(citation.quote, citation)}”")


def marked(text: str, citation: "Citation") -> str:
    """Give `text` for the console, in bold what answers: at its place in the quote, or where its words are unique."""
    from rich.markup import escape

    first, last = citation.answer_span or (0, 0)
    words, quoted = citation.quote[first:last], text.find(citation.quote)
    at = quoted + first if quoted >= 0 else text.find(words)
    if not words or at < 0 or (quoted < 0 and text.count(words) > 1):
        return escape(text)
    return f"{escape(text[:at])}[bold green]{escape(words)}[/]{escape(text[at + len(words) :])}"


def show_end(write: "Callable[[str], None]", end: "Finish") -> None:
    if end.message:
        write(end.message)
    elif end.status == "not_in_documents":
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

    from groundsel_pipelines.commands.found import result_to_json
    from groundsel_pipelines.types import Citation, Failure, Finish, ResultsFound, SectionBegun, TextDelta

    end = events[-1]
    if isinstance(end, Failure):
        fail(end.detail)
    assert isinstance(end, Finish)  # noqa: S101 - the alphabet says so
    return json.dumps(
        {
            "status": end.status,
            "method": end.method,
            "reason": end.reason,
            "message": end.message or None,
            "rewritten": next((event.rewritten for event in events if isinstance(event, ResultsFound)), "") or None,
            "sections": [asdict(event) for event in events if isinstance(event, SectionBegun)],
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
