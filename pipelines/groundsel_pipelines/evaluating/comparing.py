"""Compares two runs over the same questions, and decides whether the later one may pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating import answers, relevance
from groundsel_pipelines.evaluating.intervals import Interval, difference, mean_interval, needed
from groundsel_pipelines.evaluating.report import Earlier, Report

LOSS: Final = 0.02  # a loss that a gate must be able to see; smaller ones are for larger sets
FEWEST: Final = 20  # questions: with fewer a resampled interval is too narrow itself

Verdict = Literal["better", "no worse", "worse", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure then and now, over the questions that both runs asked."""

    what: str
    old: Interval
    new: Interval
    interval: Interval  # of the difference, question by question
    decides: bool  # whether a gate looks at it

    @property
    def verdict(self) -> Verdict:
        """Worse where the whole interval lies below zero; undecided where it leaves both a loss and none possible."""
        if self.interval.count < FEWEST:
            return "undecided"
        if self.interval.high < 0:
            return "worse"
        if self.interval.low > 0:
            return "better"
        return "no worse" if self.interval.low >= -LOSS else "undecided"


def compare(report: Report, earlier: Earlier) -> tuple[Change, ...]:
    """Give every figure that both runs have; the ranking that a user gets is compared even under another name.

    Raises:
        InvalidInput: the runs are of other documents or questions, or have no question in common.

    """
    if report.about.content != earlier.content:
        raise InvalidInput(
            f"{earlier.file} is of other documents or questions ({earlier.name}); run that evaluation again first"
        )
    now, then = report.relevance, earlier
    pairs = {"default": (now.scores[now.default], then.scores[then.default])}
    pairs |= {name: (now.scores[name], then.scores[name]) for name in now.scores if name in then.scores}
    changes = [
        change(
            f"{name}, {measure}", new[measure], old[measure], decides=(name, measure) == ("default", relevance.FIRST)
        )
        for name, (new, old) in pairs.items()
        for measure in new
        if measure in old
    ]
    for figure, values in report.answers.scores.items() if report.answers else ():
        if figure in earlier.answers:
            held = earlier.answers[figure]
            changes.append(change(f"answers, {figure}", values, held, decides=figure == answers.FIRST))
    found = tuple(each for each in changes if each is not None)
    if not found:
        raise InvalidInput(f"{earlier.file} has no question in common with this run")
    return found


def change(what: str, new: Mapping[str, float], old: Mapping[str, float], *, decides: bool) -> Change | None:
    common = [query_id for query_id in new if query_id in old]
    if not common:
        return None
    news, olds = [new[query_id] for query_id in common], [old[query_id] for query_id in common]
    return Change(
        what=what,
        old=mean_interval(olds),
        new=mean_interval(news),
        interval=difference(news, olds),
        decides=decides,
    )


def undecided(changes: Sequence[Change]) -> str:
    """Say why a gate cannot decide, or nothing where it can."""
    for each in changes:
        if each.decides and each.verdict == "undecided":
            return (
                f"{each.interval.count} questions are too few to decide on {each.what}: the change is {each.interval}, "
                f"which leaves a loss of more than {LOSS} open; "
                f"about {max(needed(each.interval, LOSS), FEWEST)} questions would tell"
            )
    return ""


def worse(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Give the deciding figures that have become worse."""
    return tuple(each for each in changes if each.decides and each.verdict == "worse")
