"""What is noted of requests in the query log; who does not want that, by header or by field, is not noted."""

import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from anyio import to_thread
from starlette.requests import Request

from groundsel_pipelines.query_log import Given, Logged, QueryLog
from groundsel_pipelines.types import Citation, Finish, ResultsFound, SearchResults
from groundsel_plugin.events import Events
from groundsel_plugin.wire.asked import AnswerBody, FeedbackBody, SearchBody

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Journal:
    """Notes searches and what came of them; without a log, nothing."""

    log: QueryLog | None

    async def searched(
        self, request: Request, wanted: SearchBody, found: SearchResults, principals: frozenset[str]
    ) -> None:
        await self._note(
            request,
            Logged(
                action="search",
                request_id=request.scope["request_id"],
                principals=principals,
                query=wanted.query,
                collections=wanted.collections,
                mode=found.mode,
                total=found.total,
                returned=len(found.results),
                worded=found.worded,
                took_ms=found.took_ms.get("total", 0.0),
            ),
        )

    def answered(self, request: Request, wanted: AnswerBody, events: Events, principals: frozenset[str]) -> Events:
        """Pass the events of an answer on, and note how it ended and what it cites; one that is left is not noted."""
        if not wanted.log or self.log is None:
            return events
        return self._watched(request, wanted, events, principals)

    async def _watched(
        self, request: Request, wanted: AnswerBody, events: Events, principals: frozenset[str]
    ) -> Events:
        passages: list[str] = []
        found = 0
        async with aclosing(events):
            async for event in events:
                yield event
                if isinstance(event, ResultsFound):
                    found = event.results.total
                elif isinstance(event, Citation):
                    passages.append(event.passage_id)
                elif isinstance(event, Finish):
                    await self._note(
                        request,
                        Logged(
                            action="answer",
                            request_id=request.scope["request_id"],
                            principals=principals,
                            query=wanted.query,
                            collections=wanted.collections,
                            total=found,
                            took_ms=event.took_ms.get("done", 0.0),
                            answer=given(event, passages),
                        ),
                    )

    async def judged(self, request: Request, wanted: FeedbackBody, principals: frozenset[str]) -> None:
        await self._note(
            request,
            Logged(
                action="click" if wanted.kind == "click" else "feedback",
                request_id=wanted.request_id,
                principals=principals,
                doc_id=wanted.id,
                rank=wanted.rank,
                kind=wanted.kind,
            ),
        )

    async def _note(self, request: Request, what: Logged) -> None:
        """Write it down; Global Privacy Control (W3C) and a full disk leave it out."""
        if self.log is None or request.headers.get("sec-gpc") == "1":
            return
        try:
            await to_thread.run_sync(self.log.write, what)
        except OSError as error:
            logger.warning("the query log cannot be written: %s", error)


def given(end: Finish, passages: Sequence[str]) -> Given:
    """Tell how an answer ended that cites these passages."""
    return Given(
        status=end.status,
        method=end.method,
        reason=end.reason or "",
        passages=tuple(dict.fromkeys(passages)),
        input_tokens=end.usage.prompt_tokens,
        output_tokens=end.usage.completion_tokens,
    )


NOT_KEPT: Final = Journal(None)
