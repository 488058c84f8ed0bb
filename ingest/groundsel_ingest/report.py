"""What a run did, told so that nothing is lost between the lines: every document discovered is in one of its sums."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    uri: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The sums of one run. `discovered` is what the source listed: indexed + unchanged + rejected."""

    collection: str
    source: str
    place: str
    discovered: int
    indexed: int
    unchanged: int
    rejected: int
    deleted: int
    partial: int  # of those indexed: not all of their text
    rejections: tuple[Rejection, ...]
    warnings: tuple[str, ...]  # sentences: what was not listed, not deleted, not isolated
    took_s: float

    @property
    def conserved(self) -> bool:
        return self.discovered == self.indexed + self.unchanged + self.rejected

    def reasons(self) -> list[tuple[str, int, str]]:
        """Give each reason for a rejection, how many it met and one of them, most frequent first."""
        counts = Counter(rejection.reason for rejection in self.rejections)
        example = {rejection.reason: rejection.uri for rejection in reversed(self.rejections)}
        return [(reason, count, example[reason]) for reason, count in counts.most_common()]
