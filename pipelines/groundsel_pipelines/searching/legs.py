"""The two legs of a search, run at once under one deadline; a leg that fails or is late is left out and named."""

import logging
import os
from collections.abc import Awaitable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.protocols import BothLegs, Embedder, Store
from groundsel_pipelines.types import Mode, Query, Ranking, Vectors

logger = logging.getLogger(__name__)

Found = TypeVar("Found")

# A model runs on every core already: more embeddings at a time than cores only make all of them late.
EMBEDDING = CapacityLimiter(os.cpu_count() or 1)
EMBEDDING_SHARE = 0.5  # of the time: a model that hangs leaves the words time to be looked up
STORE_SHARE = 0.9  # of what is left: a store that ends a late leg itself still has the other one to give


@dataclass(slots=True, kw_only=True)
class Legs:
    """What the legs found; `rankings` has no entry for a leg that was not asked, failed or was late."""

    rankings: dict[str, Ranking] = field(default_factory=dict[str, Ranking])
    errors: dict[str, Exception] = field(default_factory=dict[str, Exception])
    took_ms: dict[str, float] = field(default_factory=dict[str, float])


async def run_legs(store: Store, embedder: Embedder, query: Query, *, mode: Mode, seconds: float) -> Legs:
    """Run the legs that `mode` asks for, and wait for them no longer than `seconds`.

    Both start together, once the question is a vector: a store behind a network answers both in one request.

    Raises:
        InvalidInput: the store does not understand the query.
        Unavailable: no leg came back in time.

    """
    legs = Legs()
    deadline = anyio.current_time() + seconds
    vector = None if mode == "lexical" else await embedded(legs, embedder, query, seconds=seconds * EMBEDDING_SHARE)
    try:
        with anyio.fail_at(deadline):
            if vector is None and mode != "dense":
                legs.rankings["lexical"] = await timed(legs, "lexical", store.search_lexical(query))
            elif vector is not None and mode == "dense":
                legs.rankings["dense"] = await timed(legs, "dense", store.search_dense(query, vector))
            elif vector is not None:
                left = deadline - anyio.current_time()
                note(legs, await store.search_both(query, vector, seconds=left * STORE_SHARE))
    except Exception as error:  # noqa: BLE001 - sorted out below, by what the asker can mend
        for name in ("lexical", "dense") if mode == "hybrid" else (mode,):
            legs.errors.setdefault(name, error)
    for name, met in legs.errors.items():
        logger.warning("the %s leg was left out: %s", name, str(met) or type(met).__name__)
    refuse(legs)
    return legs


async def embedded(legs: Legs, embedder: Embedder, query: Query, *, seconds: float) -> Vectors | None:
    """Give the question's vector, or None where there is none in time: words alone find something as well."""
    try:
        with anyio.fail_after(seconds):
            embedding = to_thread.run_sync(embedder.embed_query, query.text, abandon_on_cancel=True, limiter=EMBEDDING)
            return await timed(legs, "embed", embedding)
    except Exception as error:  # noqa: BLE001 - whatever breaks in the model, the other leg still answers
        legs.errors["dense"] = error
        return None


def note(legs: Legs, both: BothLegs) -> None:
    legs.took_ms.update(both.took_ms)
    for name, found in (("lexical", both.lexical), ("dense", both.dense)):
        if isinstance(found, Exception):
            legs.errors[name] = found
        else:
            legs.rankings[name] = found


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
