"""What a reranker is worth: nDCG@10 by set and by its weight against the fused order, and the milliseconds it takes.

A reranker is a cross-encoder or an embedder (late interaction). Its weight in the product was chosen on the sets that
no target is told of: all but beir-scifact, contoso-hr and workarena-kb.
"""

import math
from functools import partial
from statistics import fmean, median
from typing import Final

import anyio
from rich.console import Console
from rich.progress import Progress

from groundsel_pipelines.composition import open_embedder, open_fusion
from groundsel_pipelines.evaluating.intervals import Interval, difference, together
from groundsel_pipelines.evaluating.judgments import ANYONE, limited
from groundsel_pipelines.evaluating.measures import by_query
from groundsel_pipelines.evaluating.preparing import prepared
from groundsel_pipelines.evaluating.relevance import FIRST
from groundsel_pipelines.evaluating.retrieving import find, relevance, units
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.roles import open_roles
from groundsel_pipelines.searching.reranking import Reranking, reordered
from groundsel_pipelines.settings import Settings, read_settings
from reporting import Row, arguments, report, set_folder
from scoreboard import SETS, told_by

WEIGHTS: Final = (0.1, 0.3, 0.5, 0.7, 1.0)


async def scores(name: str, settings: Settings, limit: int) -> tuple[dict[float, list[float]], list[float]]:
    """Give nDCG@10 by weight, a figure a question, and the milliseconds that the reranker took of each."""
    evaluation = read_set(set_folder(name))
    embedder = open_embedder(settings)
    roles = open_roles(settings.roles, settings.models)
    with Progress(console=Console(stderr=True)) as progress:
        told = told_by(progress)
        async with prepared(evaluation, settings, embedder=embedder, principals=ANYONE, told=told) as ready:
            found = await find(
                limited(evaluation.questions, limit or None),
                ready,
                embedder=embedder,
                principals=ANYONE,
                top_k=settings.search.top_k,
                told=told,
                fusion=open_fusion(settings.search, embedder),
                reranking=Reranking(rerankers=roles.rerankers, seconds=math.inf),
            )
    qrels = {each.question.query_id: relevance(each.question, ready.doc_ids) for each in found}
    by_weight: dict[float, list[float]] = {}
    for weight in (0.0, *WEIGHTS):
        run = {
            each.question.query_id: units(reordered(each.fused, each.read, weight=weight), each.question, ready.doc_ids)
            for each in found
        }
        by_weight[weight] = list(by_query(qrels, run, (FIRST,))[FIRST].values())
    return by_weight, [each.took_ms["rerank"] for each in found if each.read]


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--reranker", default="reranker-en", help="an installed one, or an embedder")
    parser.add_argument("--set", choices=SETS, action="append", help="only this one; may be repeated")
    parser.add_argument("--limit", type=int, default=200, help="questions of each set, spread over it; 0 for all")
    options = parser.parse_args()
    settings = read_settings()
    settings = settings.model_copy(update={"roles": settings.roles.model_copy(update={"reranker": options.reranker})})
    rows: list[Row] = []
    gains: dict[float, list[Interval]] = {weight: [] for weight in WEIGHTS}
    for name in options.set or SETS:
        by_weight, took = anyio.run(partial(scores, name, settings, options.limit))
        found = {weight: difference(by_weight[weight], by_weight[0.0]) for weight in WEIGHTS}
        for weight, gain in found.items():
            gains[weight].append(gain)
        rows.append(
            {
                "set": name,
                "questions": len(by_weight[0.0]),
                "fused": fmean(by_weight[0.0]),
                **{f"gain at {weight}": str(gain) for weight, gain in found.items()},
                "ms a question": round(median(took)) if took else "",
            }
        )
    overall = {f"gain at {weight}": str(together(intervals)) for weight, intervals in gains.items()}
    report(f"{FIRST} with {options.reranker}", [*rows, {"set": "together", **overall}], json_file=options.json)


if __name__ == "__main__":
    main()
