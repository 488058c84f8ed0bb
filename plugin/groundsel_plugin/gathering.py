"""Answers in one piece: the events of an answer gathered into one body."""

from contextlib import aclosing

from groundsel_pipelines.types import Citation, Failure, Finish, ResultsFound, SectionBegun, Source, TextDelta
from groundsel_plugin.events import Events
from groundsel_plugin.problems import ProblemError, kind_of_code
from groundsel_plugin.wire.told import AnswerAnswerBody, CitationBody, ResultBody, SectionBody, SourceBody, UsageBody


async def gathered(events: Events, *, request_id: str) -> AnswerAnswerBody:
    """Wait for the whole answer.

    Raises:
        GroundselError: there is no first event.
        ProblemError: the last event is a failure.

    """
    async with aclosing(events):
        told = [event async for event in events]
    end = told[-1]
    if isinstance(end, Failure):
        raise ProblemError(kind_of_code(end.code), end.detail)
    if not isinstance(end, Finish):
        raise TypeError("an answer ends with Finish or Failure")
    results = [result for event in told if isinstance(event, ResultsFound) for result in event.results.results]
    return AnswerAnswerBody(
        request_id=request_id,
        status=end.status,
        method=end.method,
        reason=end.reason,
        message=end.message or None,
        rewritten=next((event.rewritten for event in told if isinstance(event, ResultsFound)), "") or None,
        text="".join(event.text for event in told if isinstance(event, TextDelta)),
        sections=[SectionBody(kind=event.kind, start=event.start) for event in told if isinstance(event, SectionBegun)],
        sources=[SourceBody.of(event) for event in told if isinstance(event, Source)],
        citations=[CitationBody.of(event) for event in told if isinstance(event, Citation)],
        results=[ResultBody.of(result) for result in results],
        usage=UsageBody.of(end.usage),
        took_ms=dict(end.took_ms),
    )
