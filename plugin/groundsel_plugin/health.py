"""Health: liveness looks at the process only, readiness at the store too."""

from dataclasses import dataclass
from time import monotonic

import anyio

from groundsel_pipelines.protocols import Store
from groundsel_plugin.wire.told import CheckBody, HealthBody

REMEMBERED_SECONDS = 5.0  # probes come every few seconds, from several places
PING_SECONDS = 2.0


@dataclass(slots=True, kw_only=True)
class Health:
    """`draining` is set once the service has been told to end: it is not ready any more, and answers what it took."""

    store: Store
    draining: bool = False
    seen: CheckBody | None = None
    seen_at: float = 0.0

    async def ready(self) -> HealthBody:
        """Say whether requests can be answered; the store's ping is remembered for a few seconds."""
        if self.seen is None or monotonic() - self.seen_at > REMEMBERED_SECONDS:
            self.seen, self.seen_at = await self._ping(), monotonic()
        status = "ok" if self.seen.status == "ok" and not self.draining else "unavailable"
        return HealthBody(status=status, checks={"store": self.seen})

    async def _ping(self) -> CheckBody:
        began = monotonic()
        try:
            with anyio.fail_after(PING_SECONDS):
                await self.store.as_of()
        except Exception:  # noqa: BLE001 - whatever it is, the store does not answer
            return CheckBody(status="unavailable")
        return CheckBody(status="ok", latency_ms=round((monotonic() - began) * 1000, 2))
