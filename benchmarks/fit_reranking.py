"""Fits how much a reranker's reading weighs against the fused order, on sets that no target is told of.

The targets are beir-scifact, contoso-hr and workarena-kb (`scoreboard.py --reranker NAME`); the weight is chosen on the
others. Prints nDCG@10 by set and weight; 0 is the fused order.
"""

import math
from statistics import fmean
from typing import Final

import anyio

from groundsel_pipelines.composition import open_embedder, open_fusion
from groundsel_pipelines.evaluating.judgments import ANYONE, limited
from groundsel_pipelines.evaluating.measures import by_query
from groundsel_pipelines.evaluating.preparing import prepared
from groundsel_pipelines.evaluating.relevance import FIRST
from groundsel_pipelines.evaluating.retrieving import find, relevance, units
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.roles import open_roles
from groundsel_pipelines.searching.reranking import Reranking, reordered
from groundsel_pipelines.settings import Settings, read_settings
from reporting import DEMO, Row, arguments, report, set_folder

SETS: Final = (DEMO.name, "xquad-en", "cacm", "hotpotqa-100")
WEIGHTS: Final = tuple(step / 10 for step in range(11))


async def measure(name: str, settings: Settings, limit: int) -> Row:
    """Give nDCG@10 by weight."""
    evaluation = read_set(set_folder(name))
    embedder = open_embedder(settings)
    roles = open_roles(settings.roles, settings.models)
    async with prepared(evaluation, settings, embedder=embedder, principals=ANYONE, told=lambda *_: None) as ready:
        found = await find(
            limited(evaluation.questions, limit),
            ready,
            embedder=embedder,
            principals=ANYONE,
            top_k=settings.search.top_k,
            told=lambda *_: None,
            fusion=open_fusion(settings.search, embedder),
            reranking=Reranking(rerankers=roles.rerankers, seconds=math.inf),
        )
    qrels = {each.question.query_id: relevance(each.question, ready.doc_ids) for each in found}
    row: dict[str, object] = {"set": name, "questions": len(found)}
    for weight in WEIGHTS:
        run = {
            each.question.query_id: units(reordered(each.fused, each.read, weight=weight), each.question, ready.doc_ids)
            for each in found
        }
        row[str(weight)] = fmean(by_query(qrels, run, (FIRST,))[FIRST].values())
    return row


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--reranker", default="reranker-en", help="an installed one")
    parser.add_argument("--limit", type=int, default=150, help="questions of each set, spread over it")
    options = parser.parse_args()
    settings = read_settings()
    settings = settings.model_copy(update={"roles": settings.roles.model_copy(update={"reranker": options.reranker})})
    rows = [anyio.run(measure, name, settings, options.limit) for name in SETS]
    means = {str(weight): fmean(float(str(row[str(weight)])) for row in rows) for weight in WEIGHTS}
    report(f"{FIRST} by the reading's weight", [*rows, {"set": "mean", **means}], json_file=options.json)


if __name__ == "__main__":
    main()
