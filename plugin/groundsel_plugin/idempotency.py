"""Requests that are sent twice: the second gets the answer of the first (the header `Idempotency-Key`)."""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from groundsel_plugin.problems import IDEMPOTENCY_IN_FLIGHT, IDEMPOTENCY_MISMATCH, ProblemError

MOST_KEPT = 10_000  # answers of a few hundred bytes; the oldest go first
MOST_CHARACTERS = 200  # of a key


@dataclass(slots=True)
class Known:
    digest: str  # of method, address and body
    response: Response | None = None  # None while the first request is being answered


class Replays:
    """Remembers the answers of this process. Versions make a repeat harmless where it remembers none."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def once(self, request: Request, act: Callable[[], Awaitable[Response]], *, sender: str = "") -> Response:
        """Answer by `act`, or as the request of the same key and sender was answered; a failure is not remembered.

        Raises:
            ProblemError: another request had this key, or the first one is still being answered.

        """
        key = request.headers.get("idempotency-key", "")[:MOST_CHARACTERS]
        if not key:
            return await act()
        key = f"{sender} {key}"
        digest = hashlib.sha256(f"{request.method} {request.url}\n".encode() + await request.body()).hexdigest()
        if known := self._known.get(key):
            if known.digest != digest:
                raise ProblemError(IDEMPOTENCY_MISMATCH, "this Idempotency-Key was used for another request")
            if known.response is None:
                raise ProblemError(IDEMPOTENCY_IN_FLIGHT, "the first request of this Idempotency-Key is not done yet")
            return known.response
        known = self._known[key] = Known(digest)
        try:
            known.response = await act()
        except BaseException:
            del self._known[key]
            raise
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
        return known.response
