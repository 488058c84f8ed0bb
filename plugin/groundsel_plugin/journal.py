"""What is noted of requests in the query log; who does not want that, by header or by field, is not noted."""

import logging
from dataclasses import dataclass
from typing import Final

from anyio import to_thread
from starlette.requests import Request

from groundsel_pipelines.query_log import Logged, QueryLog
from groundsel_pipelines.types import SearchResults
from groundsel_plugin.wire.asked import FeedbackBody, SearchBody

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
                took_ms=found.took_ms.get("total", 0.0),
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


NOT_KEPT: Final = Journal(None)
