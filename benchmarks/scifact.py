"""How well the embedded store with the default embedder ranks SciFact: each leg alone, and both fused."""

from collections.abc import Mapping
from statistics import median
from time import perf_counter

import anyio
import ir_measures
from ir_measures import R, nDCG

from corpora import ANYONE, beir_documents, beir_qrels, default_embedder, indexed, rows
from groundsel_pipelines.fusion import min_max_linear, reciprocal_rank
from groundsel_pipelines.searching.documents import best_passages
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.types import Query, Ranking
from reporting import Row, arguments, report, shared_data

MEASURES = (nDCG @ 10, R @ 100)

Run = Mapping[str, Mapping[str, float]]


def scored(ranking: Ranking) -> dict[str, float]:
    """Give the documents of a ranking, each scored by its best passage; the name without the collection."""
    return {hit.passage.doc_id.partition("/")[2]: -float(hit.rank) for hit in best_passages(ranking)}


async def measure() -> list[Row]:
    folder = shared_data("beir-scifact")
    qrels = beir_qrels(folder)
    questions = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl.gz") if row["_id"] in qrels}
    embedder = default_embedder()
    runs: dict[str, dict[str, dict[str, float]]] = {"lexical": {}, "dense": {}, "rrf": {}, "minmax": {}}
    seconds: list[float] = []
    async with indexed(beir_documents(folder), embedder) as store:
        for query_id, text in questions.items():
            began = perf_counter()
            query = Query(text=text, principals=ANYONE, top_k=read_settings().search.top_k)
            lexical = await store.search_lexical(query)
            dense = await store.search_dense(query, embedder.embed_query(text))
            fused = min_max_linear((lexical, dense))
            seconds.append(perf_counter() - began)
            runs["lexical"][query_id] = scored(lexical)
            runs["dense"][query_id] = scored(dense)
            runs["rrf"][query_id] = scored(reciprocal_rank((lexical, dense)))
            runs["minmax"][query_id] = scored(fused)
    print(f"{len(questions)} questions, both legs one after the other: {median(seconds) * 1000:.1f} ms each (p50)")
    return [row(name, qrels, run) for name, run in runs.items()]


def row(name: str, qrels: Mapping[str, Mapping[str, int]], run: Run) -> Row:
    found = ir_measures.calc_aggregate(MEASURES, qrels, run)
    return {"ranking": name, **{str(measure): float(found[measure]) for measure in MEASURES}}


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    report("SciFact, 5,183 abstracts, 300 claims", anyio.run(measure), json_file=options.json)


if __name__ == "__main__":
    main()
