"""The project's scoreboard: every shared set and the demo company over one store, with the settings a user starts with.

Writes benchmarks/relevance/STORE.json as each set is done, so that a run of some sets renews only those; prints the
board and what each fusion is worth over all sets together, each set counting the same.
"""

import argparse
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import anyio
import orjson
from rich.console import Console
from rich.progress import Progress, TaskID

from groundsel_pipelines.evaluating.evaluation import Plan, evaluate
from groundsel_pipelines.evaluating.intervals import Interval, together
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.evaluating.preparing import Told
from groundsel_pipelines.evaluating.relevance import FIRST
from groundsel_pipelines.evaluating.report import Report, write_json
from groundsel_pipelines.evaluating.retrieving import LEGS
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.settings import Settings, read_settings
from reporting import DEMO, Row, report, set_folder

RESULTS: Final = Path(__file__).parent / "relevance"
SETS: Final = (
    DEMO.name,
    "hotpotqa-100",
    "workarena-kb",
    "xquad-en",
    "xquad-de",
    "xquad-es",
    "xquad-ro",
    "cacm",
    "clapnq-dev",
    "contoso-hr",
    "beir-scifact",
)

OPTIONS: Final = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS

Board = dict[str, Any]


def told_by(progress: Progress) -> Told:
    tasks: dict[str, TaskID] = {}

    def told(stage: str, done: int, total: int | None) -> None:
        if stage not in tasks:
            tasks[stage] = progress.add_task(stage)
        progress.update(tasks[stage], completed=done, total=total)

    return told


def run(name: str, settings: Settings, answers: int) -> Report:
    plan = Plan(evaluation=read_set(set_folder(name)), principals=ANYONE, answered=answers)
    with Progress(console=Console(stderr=True)) as progress:
        return anyio.run(partial(evaluate, plan, settings, told=told_by(progress)))


def summary(found: Report) -> Board:
    """Keep means with their intervals; the scores of single questions are `groundsel eval --json`'s."""
    return {
        "about": found.about,
        "default": found.relevance.default,
        "means": found.relevance.means,
        "differences": [each for each in found.relevance.differences if each.measure == FIRST],
        "answers": found.answers and {"method": found.answers.method, "means": found.answers.means},
        "took_ms": found.took_ms,
    }


def rows(board: Board) -> list[Row]:
    """Give a line a set: each ranking's nDCG@10, and what the default gains over the better leg."""
    lines: list[Row] = []
    for name, held in sorted(board.items()):
        means = {ranking: measured[FIRST]["mean"] for ranking, measured in held["means"].items()}
        better = max(LEGS, key=lambda leg: means[leg])
        gain = next(each["interval"] for each in held["differences"] if each["against"] == better)
        lines.append({"set": name, **means, "gain over better leg": str(Interval(**gain))})
    return [*lines, overall(lines)]


def gains(board: Board) -> list[Row]:
    """Give what the default gains over each other ranking, all sets together."""
    found: dict[str, list[Interval]] = {}
    for held in board.values():
        for each in held["differences"]:
            found.setdefault(f"{held['default']} over {each['against']}", []).append(Interval(**each["interval"]))
    return [
        {"comparison": name, "sets": len(intervals), FIRST: str(together(intervals))}
        for name, intervals in found.items()
    ]


def overall(lines: list[Row]) -> Row:
    rankings = [name for name in lines[0] if name not in {"set", "gain over better leg"}] if lines else []
    means = {name: fmean(float(str(line[name])) for line in lines if name in line) for name in rankings}
    return {"set": f"mean of {len(lines)} sets", **means}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--store", default="embedded", help="the store, by its name")
    parser.add_argument("--set", choices=SETS, action="append", help="only this one; may be repeated")
    parser.add_argument("--answers", type=int, default=0, help="how many questions of a set to answer, too")
    parser.add_argument("--reports", type=Path, help="also write each whole report into this folder")
    options = parser.parse_args()
    settings = read_settings()
    settings = settings.model_copy(update={"store": settings.store.model_copy(update={"kind": options.store})})
    file = RESULTS / f"{options.store}.json"
    board: Board = orjson.loads(file.read_bytes()) if file.exists() else {}
    for name in options.set or SETS:
        found = run(name, settings, options.answers)
        if options.reports:
            write_json(found, options.reports / f"{name}.json")
        board[name] = orjson.loads(orjson.dumps(summary(found)))
        file.write_bytes(
            orjson.dumps(board, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)
        )
    report(f"{FIRST} over the store {options.store}", rows(board))
    report("All sets together, each counting the same", gains(board))


if __name__ == "__main__":
    main()
