"""An ingest that is killed at a chosen moment, or whose disk fails, and what was left of its index."""

from dataclasses import dataclass
from pathlib import Path

from crashing import kept
from failing_disk import COUNTED, Fault
from nursery import End, Ended, Nursery, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """How a disturbed ingest ended, and what was left."""

    ended: End
    disturbed: bool  # before its end
    acknowledged: int  # documents that the ledger called stored
    lost: int  # of these: not in the store at that version
    said: str = ""


def kill(nursery: Nursery, documents: Path, index: Path, *, after: float) -> Disturbed:
    """Start an ingest and kill it `after` seconds of its work."""
    ended = nursery.run(Order(task="ingest", documents=str(documents), index=str(index), kill_after=after))
    return left(ended, index, disturbed=ended.how == "killed")


def fail(nursery: Nursery, documents: Path, index: Path, fault: Fault) -> Disturbed:
    """Run an ingest on a disk that fails."""
    ended = nursery.run(Order(task="ingest", documents=str(documents), index=str(index), fault=fault))
    return left(ended, index, disturbed=ended.failed > 0 or ended.how == "otherwise")


def left(ended: Ended, index: Path, *, disturbed: bool) -> Disturbed:
    acknowledged, lost = kept(index)
    return Disturbed(ended=ended.how, disturbed=disturbed, acknowledged=acknowledged, lost=lost, said=ended.said)


def finish(nursery: Nursery, documents: Path, index: Path, fault: Fault | None = None) -> Ended:
    """Run an ingest to its end; how many writes and syncs it makes is counted where a `fault` says that none fails."""
    ended = nursery.run(Order(task="ingest", documents=str(documents), index=str(index), fault=fault))
    if ended.how != "completed":
        raise AssertionError(f"the ingest ended {ended.how}: {ended.said}")
    return ended


def calls_of(nursery: Nursery, documents: Path, index: Path) -> int:
    """Run an ingest to its end, and give how often it writes to its index or syncs it."""
    return finish(nursery, documents, index, COUNTED).calls


def digest_of(nursery: Nursery, index: Path, *, markers: int) -> str:
    """Give the digest of `crashing`; "" where the index is refused."""
    return read_as(nursery, Order(task="digest", index=str(index), markers=markers))


def reading_of(nursery: Nursery, index: Path, *, markers: int) -> str:
    """Give that digest with the scores of searches; "" where the index is refused, be it that reading kills."""
    return read_as(nursery, Order(task="reading", index=str(index), markers=markers))


def read_as(nursery: Nursery, order: Order) -> str:
    ended = nursery.run(order)
    return ended.said if ended.how == "completed" else ""
