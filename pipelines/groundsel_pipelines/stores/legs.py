"""Two legs side by side, for stores that search in this process; one that fails or is late does not hold the other."""

from collections.abc import Awaitable
from time import monotonic

import anyio

from groundsel_pipelines.protocols import BothLegs
from groundsel_pipelines.types import Ranking


async def side_by_side(lexical: Awaitable[Ranking], dense: Awaitable[Ranking], *, seconds: float) -> BothLegs:
    """Run both, and wait for neither longer than `seconds`."""
    found: dict[str, Ranking | Exception] = {}
    took_ms: dict[str, float] = {}

    async def attempt(name: str, leg: Awaitable[Ranking]) -> None:
        began = monotonic()
        try:
            with anyio.fail_after(seconds):
                found[name] = await leg
        except Exception as error:  # noqa: BLE001 - whatever breaks in one leg, the other one still answers
            found[name] = error
        took_ms[name] = (monotonic() - began) * 1000

    async with anyio.create_task_group() as group:
        group.start_soon(attempt, "lexical", lexical)
        group.start_soon(attempt, "dense", dense)
    return BothLegs(lexical=found["lexical"], dense=found["dense"], took_ms=took_ms)
