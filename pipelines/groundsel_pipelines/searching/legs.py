"""The two legs of a search, run at once under one deadline; a leg that fails or is late is left out and named."""

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.types import Mode, Query, Ranking

logger = logging.getLogger(__name__)

Found = TypeVar("Found")

# A model runs on every core already: more embeddings at a time than cores only make all of them late.
EMBEDDING = CapacityLimiter(os.cpu_count() or 1)


@dataclass(slots=True, kw_only=True)
class Legs:
    """What the legs found; `rankings` has no entry for a leg that was not asked, failed or was late."""

    rankings: dict[str, Ranking] = field(default_factory=dict[str, Ranking])
    errors: dict[str, Exception] = field(default_factory=dict[str, Exception])
    took_ms: dict[str, float] = field(default_factory=dict[str, float])


async def run_legs(store: Store, embedder: Embedder, query: Query, *, mode: Mode, seconds: float) -> Legs:
    """Run the legs that `mode` asks for, and wait for them no longer than `seconds`.

    Raises:
        InvalidInput: the store does not understand the query.
        Unavailable: no leg came back in time.

    """
    legs = Legs()

    async def lexical() -> Ranking:
        return await timed(legs, "lexical", store.search_lexical(query))

    async def dense() -> Ranking:
        embedding = to_thread.run_sync(embedder.embed_query, query.text, abandon_on_cancel=True, limiter=EMBEDDING)
        vector = await timed(legs, "embed", embedding)
        return await timed(legs, "dense", store.search_dense(query, vector))

    async def attempt(name: str, leg: Callable[[], Awaitable[Ranking]]) -> None:
        try:
            with anyio.fail_at(deadline):
                legs.rankings[name] = await leg()
        except InvalidInput as error:
            legs.errors[name] = error
        except Exception as error:  # noqa: BLE001 - whatever breaks in one leg, the other one still answers
            logger.warning("the %s leg was left out: %s", name, error or type(error).__name__)
            legs.errors[name] = error

    deadline = anyio.current_time() + seconds
    async with anyio.create_task_group() as group:
        if mode != "dense":
            group.start_soon(attempt, "lexical", lexical)
        if mode != "lexical":
            group.start_soon(attempt, "dense", dense)
    refuse(legs)
    return legs


def refuse(legs: Legs) -> None:
    """Raise what the asker can mend, and what leaves nothing to answer from."""
    for error in legs.errors.values():
        if isinstance(error, InvalidInput):
            raise error
    if legs.rankings:
        return
    for error in legs.errors.values():
        if isinstance(error, Unavailable):  # the store's own words say what to do
            raise error
    raise Unavailable("the search found no part of the index in time; `groundsel doctor` says what is wrong")


async def timed(legs: Legs, stage: str, work: Awaitable[Found]) -> Found:
    """Await `work` and note how long that took, in milliseconds."""
    began = monotonic()
    try:
        return await work
    finally:
        legs.took_ms[stage] = (monotonic() - began) * 1000
