"""The gate: a trained adapter is kept only where it wins for certain, on rows that it was not trained on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.intervals import Interval
from groundsel_pipelines.tuning.figures import FIRST, Array
from groundsel_pipelines.tuning.rows import AnswerRow, ReaderRow, Role, Row, VerifierRow
from groundsel_pipelines.tuning.statistics import gain_of, interval_of

FEWEST_TRAINED: Final = 32  # rows; with fewer, nothing is learnt that holds
CLASSED: Final = frozenset({"reader", "verifier", "answer"})  # roles whose rows are of two kinds at least
FEWEST_HELD_OUT: Final = 40  # rows; with fewer, no gain that is likely can be told from chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure of the adapter and of a baseline, over the same rows."""

    figure: str
    baseline: str
    own: Interval
    other: Interval
    gain: Interval
    decides: bool

    @property
    def wins(self) -> bool:
        return self.gain.low > 0

    def __str__(self) -> str:
        return f"{self.figure}: {self.own}, {self.baseline} {self.other}, gain {self.gain}"


def compared(role: Role, own: Mapping[str, Array], others: Mapping[str, Mapping[str, Array]]) -> tuple[Compared, ...]:
    """Hold every figure against each baseline that has it; `others` is by the baseline's name."""
    return tuple(
        Compared(
            figure=figure,
            baseline=name,
            own=interval_of(values),
            other=interval_of(other[figure]),
            gain=gain_of(values, other[figure]),
            decides=figure in FIRST[role],
        )
        for figure, values in own.items()
        for name, other in others.items()
        if figure in other
    )


def lost(all_compared: Sequence[Compared]) -> tuple[Compared, ...]:
    """Give what stands against the adapter: the figures that decide and whose gain may be none."""
    return tuple(each for each in all_compared if each.decides and not each.wins)


def require_enough(role: Role, trained: Sequence[Row], held_out: Sequence[Row]) -> None:
    """Refuse what nothing can be learnt from, or nothing decided on.

    Raises:
        InvalidInput: too few rows, or rows of one class only; gives the counts.

    """
    for name, rows, fewest in (("training", trained, FEWEST_TRAINED), ("held-out", held_out, FEWEST_HELD_OUT)):
        if len(rows) < fewest:
            raise InvalidInput(f"{len(rows)} {name} rows are too little to decide on; at least {fewest} are needed")
        classes = Counter(filter(None, map(class_of, rows)))
        if role in CLASSED and len(classes) < 2:  # noqa: PLR2004 - one class, or none
            raise InvalidInput(
                f"all {len(rows)} {name} rows are {', '.join(classes)}: of one class only, nothing is learnt from them"
            )


def class_of(row: Row) -> str:
    if isinstance(row, ReaderRow):
        return "answerable" if row.answerable else "unanswerable"
    if isinstance(row, VerifierRow):
        return "supported" if row.label == "supported" else "not supported"
    if isinstance(row, AnswerRow):
        return "told by the evidence" if row.cited else "not told by it"
    return ""
