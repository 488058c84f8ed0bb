"""Grounded or silent (T22 of the reliability catalogue): 400 questions that documents answer, contradict, or do not.

Answers of the whole path with the real models, pooled over four sets, each figure beside its bar: reached where the
whole interval is on the right side, missed where none of it is. "Unsupported" counts sentences without a citation, too.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import anyio

from answers import Method, answerer_over
from corpora import default_embedder
from gate import SETS
from groundsel_pipelines.evaluating.answers import ask, judge_answers
from groundsel_pipelines.evaluating.intervals import Interval
from groundsel_pipelines.evaluating.judging import Outcome
from groundsel_pipelines.evaluating.judgments import ANYONE
from reporting import Row, arguments, report

COUNTS: Final[Mapping[str, int]] = {"demo-company": 85, "xquad-en": 105, "clapnq-dev": 105, "contoso-hr": 105}

BARS: Final[Mapping[str, tuple[str, float, bool]]] = {
    "supported": ("share supported", 0.99, True),
    "answered though nothing tells it": ("false answers", 0.10, False),
    "silent though it is told": ("false abstentions", 0.10, False),
    "citation precision": ("citation precision", 0.95, True),
    "citation recall": ("citation recall", 0.95, True),
    "contradictions seen": ("contradictions seen", 1.0, True),
    "contradictions seen where there are none": ("contradictions seen where there are none", 0.0, False),
}
"""By what is asked: the figure, its bar, and whether it is to lie above it."""


async def outcomes_of(names: Sequence[str], method: Method) -> dict[str, tuple[Outcome, ...]]:
    """Ask every set's questions, with the models that serve by the settings."""
    embedder, found = default_embedder(), {}
    for name in names:
        async with SETS[name](embedder, COUNTS[name]) as (prepared, questions):
            answerer = answerer_over(prepared.store, embedder, method)
            found[name] = await ask(questions, prepared, answerer, principals=ANYONE, told=lambda *_: None)
    return found


def verdict(figure: Interval, bar: float, *, above: bool) -> str:
    """Say whether a bar is reached for certain, missed for certain, or neither."""
    reached = figure.low >= bar if above else figure.high <= bar
    missed = figure.high < bar if above else figure.low > bar
    return "reached" if reached else "missed" if missed else "undecided"


def rows_of(name: str, outcomes: Sequence[Outcome], method: Method) -> list[Row]:
    answers = judge_answers(outcomes, method=method, threshold=0.0)
    rows: list[Row] = [
        {
            "method": method,
            "set": name,
            "questions": len(outcomes),
            "what": what,
            "bar": f"{'>=' if above else '<='} {bar:g}",
            "figure": str(answers.means[figure]),
            "of": answers.means[figure].count,
            "is": verdict(answers.means[figure], bar, above=above),
        }
        for what, (figure, bar, above) in BARS.items()
        if figure in answers.means
    ]
    quotes = {"method": method, "set": name, "questions": len(outcomes), "what": "quotes that are not the stored text"}
    ends = {"bar": "<= 0", "figure": str(answers.misquoted), "is": "missed" if answers.misquoted else "reached"}
    return [*rows, {**quotes, **ends}]


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", choices=list(COUNTS), action="append", help="only this one; may be repeated")
    parser.add_argument("--method", choices=("extractive", "generated"), action="append", help="only this one")
    options = parser.parse_args()
    rows: list[Row] = []
    for method in options.method or ["extractive", "generated"]:
        found = anyio.run(outcomes_of, options.set or list(COUNTS), method)
        rows += rows_of("all", [each for outcomes in found.values() for each in outcomes], method)
        for name, outcomes in found.items():
            rows += rows_of(name, outcomes, method)
    report("Grounded or silent (T22)", rows, json_file=options.json)


if __name__ == "__main__":
    main()
