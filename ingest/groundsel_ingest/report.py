"""What a run did, told so that nothing is lost between the lines: every document discovered is in one of its sums."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["pending", "in_progress", "suspended", "completed", "completed_with_errors", "error"]
"""Of a source's last run. `suspended`: it was stopped, and goes on when it is run again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    uri: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The sums of one run. `discovered` is what the source listed: indexed + unchanged + filtered + rejected."""

    collection: str
    source: str
    place: str
    state: State
    discovered: int
    indexed: int
    unchanged: int
    filtered: int  # of a type that is not read
    rejected: int  # the dead letters
    deleted: int
    partial: int  # of those indexed: not all of their text
    withheld: int  # gone from the source, more than may go at once: not deleted
    filtered_types: Mapping[str, int]  # how many of each
    rejections: tuple[Rejection, ...]
    warnings: tuple[str, ...]  # sentences: what was not listed, not deleted, not isolated
    took_s: float

    @property
    def conserved(self) -> bool:
        return self.discovered == self.indexed + self.unchanged + self.filtered + self.rejected

    def reasons(self) -> list[tuple[str, int, str]]:
        """Give each reason for a rejection, how many it met and one of them, most frequent first."""
        counts = Counter(rejection.reason for rejection in self.rejections)
        example = {rejection.reason: rejection.uri for rejection in reversed(self.rejections)}
        return [(reason, count, example[reason]) for reason, count in counts.most_common()]
