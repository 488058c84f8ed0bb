"""Which documents a query may touch: the facts of all documents as columns, so that a filter is one mask."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from threading import Lock

import numpy as np
import numpy.typing as npt

from groundsel_pipelines.stores.embedded.conditions import Held
from groundsel_pipelines.stores.embedded.reading import Facts
from groundsel_pipelines.stores.fields import asked_name
from groundsel_pipelines.stores.visibility import time_bounds
from groundsel_pipelines.types import Filter, Query

Mask = npt.NDArray[np.bool_]

_EVER = datetime.min.replace(tzinfo=UTC)
REMEMBERED_MASKS = 64  # askers with the same groups and filters share one; 64 masks of 100,000 documents are 6 MB


class Catalogue:
    """Columns over slots; a document keeps its slot, a deleted one leaves its slot dark."""

    def __init__(self) -> None:
        self.slots: dict[int, int] = {}  # document row -> slot
        self._facts: list[Facts | None] = []
        self._members: dict[tuple[str, str], set[int]] = {}  # (column, value) -> slots
        self._masks: OrderedDict[tuple[object, ...], Mask] = OrderedDict()
        self._remembering = Lock()  # who reads the catalogue is not alone, and remembers masks

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def live(self) -> int:
        return sum(facts is not None for facts in self._facts)

    def languages(self) -> dict[str, int]:
        """Say how many documents there are in each language."""
        return {value: len(slots) for (column, value), slots in self._members.items() if column == "language" and slots}

    def apply(self, changes: Iterable[tuple[int, Facts | None]]) -> None:
        """Take documents as they stand now, by row; None is a deleted one."""
        self._masks.clear()
        for row, facts in changes:
            slot = self.slots.setdefault(row, len(self._facts))
            if slot == len(self._facts):
                self._facts.append(None)
            before = self._facts[slot]
            for key in _memberships(before) if before else ():
                self._members[key].discard(slot)
            for key in _memberships(facts) if facts else ():
                self._members.setdefault(key, set()).add(slot)
            self._facts[slot] = facts

    def by_date(self, rows: Iterable[int], *, newest_first: bool) -> list[int]:
        """Put documents into the order of their dates, then of their ids; those without a date come last."""
        held = [(row, self._facts[self.slots[row]]) for row in rows if row in self.slots]
        known = sorted(((row, facts) for row, facts in held if facts), key=lambda pair: pair[1].doc_id)
        known.sort(key=lambda pair: pair[1].updated_at or _EVER, reverse=newest_first)
        known.sort(key=lambda pair: pair[1].updated_at is None)
        return [row for row, _ in known]

    def holding(self, query: Query, held: Held) -> Mask:
        """Give one flag per slot: past all conditions of the query, those on its words too."""
        mask = self.mask(query)
        if held.required is not None:
            mask = mask & self._of_rows(held.required)
        return mask & ~self._of_rows(held.refused) if held.refused else mask

    def _of_rows(self, rows: Collection[int]) -> Mask:
        mask = np.zeros(len(self._facts), np.bool_)
        slots = [self.slots[row] for row in rows if row in self.slots]
        mask[np.asarray(slots, np.int64)] = True
        return mask

    def mask(self, query: Query) -> Mask:
        """Give one flag per slot: visible to the asker, in the query's collections, past its filters."""
        key = (query.principals, query.collections, query.filters)
        with self._remembering:
            if key in self._masks:
                self._masks.move_to_end(key)
                return self._masks[key]
            mask = self._masks[key] = self._made(query)
            if len(self._masks) > REMEMBERED_MASKS:
                self._masks.popitem(last=False)
            return mask

    def _made(self, query: Query) -> Mask:
        mask = self._any("allowed", query.principals) & ~self._any("denied", query.principals)
        if query.collections:
            mask &= self._any("collection", query.collections)
        for condition in query.filters:
            if not asked_name(condition):  # columns hold no metadata: those conditions come as rows
                mask &= self._passing(condition)
        return mask

    def _any(self, column: str, values: Iterable[str]) -> Mask:
        mask = np.zeros(len(self._facts), np.bool_)
        for value in values:
            slots = self._members.get((column, value))
            if slots:
                mask[np.fromiter(slots, np.int64, len(slots))] = True
        return mask

    def _passing(self, condition: Filter) -> Mask:
        if condition.op == "range":
            return self._in_range(condition)
        values = condition.values if condition.op != "exists" else self._values(condition.field)
        mask = self._any(condition.field, values)
        return ~mask if condition.op == "not_in" else mask

    def _values(self, column: str) -> tuple[str, ...]:
        return tuple(value for known, value in self._members if known == column)

    def _in_range(self, condition: Filter) -> Mask:
        earliest, latest = time_bounds(condition)
        times = (facts.updated_at if facts else None for facts in self._facts)
        return np.fromiter(
            (
                time is not None and (earliest is None or earliest <= time) and (latest is None or time <= latest)
                for time in times
            ),
            np.bool_,
            len(self._facts),
        )


def _memberships(facts: Facts) -> tuple[tuple[str, str], ...]:
    year = (("updated_at", f"{facts.updated_at:%Y}"),) if facts.updated_at else ()
    return (
        ("collection", facts.collection),
        ("source", facts.source),
        ("media_type", facts.media_type),
        ("language", facts.language),
        *year,
        *(("allowed", principal) for principal in facts.allowed),
        *(("denied", principal) for principal in facts.denied),
    )
