"""The gate: how well it tells questions that documents answer from those they do not, with the reader and without it.

Both gates were fitted on training questions (fit_gate.py) and see the same results here. A false answer is shown where
nothing answers, a false abstention none where something does; the one "at 10 %" is what it is where the gate stands
such that the other one is 10 %. A quotation is right where it holds an answer word by word.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import numpy as np
import numpy.typing as npt
from rich.progress import track

from answers import Trial, clapnq, xquad
from corpora import default_embedder
from groundsel_pipelines.answering.evidence import Evidence
from groundsel_pipelines.answering.gate import Gate, fitted_gate
from groundsel_pipelines.answering.quoting import choose
from groundsel_pipelines.composition import open_fusion
from groundsel_pipelines.evaluating.intervals import difference, mean_interval
from groundsel_pipelines.evaluating.judging import holds
from groundsel_pipelines.evaluating.judgments import ANYONE, Question, limited
from groundsel_pipelines.evaluating.preparing import Prepared, prepared
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.tuning.statistics import area
from groundsel_pipelines.types import SearchRequest
from looking import Looked, installed_reader, look
from reporting import DEMO, Row, arguments, report, shared_data

ALLOWED: Final = 0.1  # of false answers, or of false abstentions
FEW_WORDS: Final = 12

Seen = tuple[Question, Looked]
Array = npt.NDArray[np.float64]


# ---------------------------------------------------------------- sets


@asynccontextmanager
async def folder(path: Path, embedder: Embedder, count: int) -> AsyncGenerator[Trial]:
    """Ingest a folder of files with its questions as `groundsel eval` does; the index is kept."""
    evaluation = read_set(path)
    ready = prepared(evaluation, read_settings(), embedder=embedder, principals=ANYONE, told=lambda *_: None)
    async with ready as found:
        yield found, limited(evaluation.questions, count)


SETS: Final[Mapping[str, Callable[[Embedder, int], AbstractAsyncContextManager[Trial]]]] = {
    "xquad-en": partial(xquad, language="en"),
    "clapnq-dev": clapnq,
    "contoso-hr": lambda embedder, count: folder(shared_data("contoso-hr"), embedder, count),
    "demo-company": lambda embedder, count: folder(DEMO, embedder, count),
}


# ---------------------------------------------------------------- figures


async def seen(prepared: Prepared, questions: Sequence[Question], embedder: Embedder, reader_name: str) -> list[Seen]:
    searcher = Searcher(
        store=prepared.store, embedder=embedder, fusion=open_fusion(read_settings().search, embedder), timeout=60
    )
    reader = installed_reader(reader_name)
    found: list[Seen] = []
    for question in track(questions, description="questions"):
        results = await searcher.search(SearchRequest(text=question.text, principals=ANYONE))
        if looked := await look(question.text, results.hits, prepared.store, embedder, reader):
            found.append((question, looked))
    return found


def right(asked: Question, evidence: Sequence[Evidence]) -> bool:
    quotation = " ".join(each.place.text for each in choose(evidence))
    return any(holds(quotation, answer) for answer in asked.answers)


def figures(name: str, found: Sequence[Seen], *, gate: Gate, reader: bool) -> tuple[Row, Array]:
    """Give a row of figures, and the pseudo-values whose mean is the area under the curve."""
    evidence = [(question, looked, looked.evidence(reader=reader)) for question, looked in found]
    sure = np.array([gate.probability(looked.features(held)) for _, looked, held in evidence])
    told = np.array([question.answerable for question, _ in found])
    areas = area(sure, told)
    quoted = [right(question, held) for question, _, held in evidence if is_short(question)]
    marks = [
        (question, best.place.document.text[slice(*best.place.answer)])
        for question, _, held in evidence
        for best in choose(held)
        if is_short(question) and best.place.answer
    ]
    row: Row = {
        "set": name,
        "gate": "with the reader" if reader else "without",
        "told / untold": f"{told.sum()} / {(~told).sum()}",
        "AUROC": str(mean_interval(areas)),
        "false answers": f"{(sure[~told] >= gate.threshold).mean():.3f}",
        "false abstentions": f"{(sure[told] < gate.threshold).mean():.3f}",
        "false abstentions at 10 %": f"{(sure[told] < np.quantile(sure[~told], 1 - ALLOWED)).mean():.3f}",
        "false answers at 10 %": f"{(sure[~told] >= np.quantile(sure[told], ALLOWED)).mean():.3f}",
        "quotations right": str(mean_interval([float(each) for each in quoted])) if quoted else "",
        "marked": f"{len(marks)}",
        "marks in an answer or round one": f"{np.mean([touches(*mark) for mark in marks]):.3f}" if marks else "",
    }
    return row, areas


def is_short(asked: Question) -> bool:
    """Say whether a right answer is a few words: whole sentences of its own no quotation holds word by word."""
    return asked.answerable and any(len(answer.split()) <= FEW_WORDS for answer in asked.answers)


def touches(asked: Question, mark: str) -> bool:
    return any(holds(mark, answer) or holds(answer, mark) for answer in asked.answers)


async def measure(names: Sequence[str], count: int, reader_name: str) -> list[Row]:
    embedder = default_embedder()
    told: list[Row] = []
    for name in names:
        async with SETS[name](embedder, count) as (prepared, questions):
            found = await seen(prepared, questions, embedder, reader_name)
        row, before = figures(name, found, gate=fitted_gate(), reader=False)
        told.append(row)
        if any(looked.readings for _, looked in found):
            row, after = figures(name, found, gate=fitted_gate(reader=True), reader=True)
            told.append({**row, "gain in AUROC": str(difference(after, before))})
    return told


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", choices=list(SETS), action="append", help="only this one; may be repeated")
    parser.add_argument("--questions", type=int, default=300, help="of each set, at most")
    parser.add_argument("--reader", default="reader-en", help="the reader that the second gate hears")
    options = parser.parse_args()
    report(
        "The gate", anyio.run(measure, options.set or list(SETS), options.questions, options.reader),
        json_file=options.json,
    )  # fmt: skip


if __name__ == "__main__":
    main()
