"""The same documents in both stores: do they rank alike? nDCG@10, recall@100, their paired difference, top-10 overlap.

The node is the one of scripts/elasticsearch_node.py, or of GROUNDSEL_TEST_ELASTICSEARCH_URL.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import ir_measures
import numpy as np
from ir_measures import R, nDCG

from corpora import default_embedder, document, rows
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.indexing import embedded
from groundsel_pipelines.protocols import BothLegs, Store
from groundsel_pipelines.searching.documents import best_passages
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import Document, Query, Ranking
from node import own_indices
from reporting import Row, arguments, report, shared_data

SETS = ("beir-scifact", "workarena-kb")
MEASURES = (nDCG @ 10, R @ 100)
RESAMPLES = 10_000
TOP_K = 100

Run = dict[str, dict[str, float]]


def names(ranking: Ranking) -> list[str]:
    return [hit.passage.doc_id.partition("/")[2] for hit in best_passages(ranking)]


def ranked(leg: Ranking | Exception) -> Ranking:
    """Give a ranking; an error ends the measurement."""
    if isinstance(leg, Exception):
        raise leg
    return leg


def rankings(both: BothLegs) -> dict[str, Ranking]:
    lexical, dense = ranked(both.lexical), ranked(both.dense)
    return {"lexical": lexical, "dense": dense, "fused": min_max_linear((lexical, dense))}


async def measure(name: str) -> list[Row]:
    folder = shared_data(name)
    qrels = beir_qrels(folder)
    questions = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl.gz") if row["_id"] in qrels}
    embedder = default_embedder()
    runs: dict[str, dict[str, Run]] = {}
    overlap: dict[str, list[float]] = {"lexical": [], "dense": [], "fused": []}
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(own_indices())
        place = Path(stack.enter_context(TemporaryDirectory()))
        stores: dict[str, Store] = {
            "elasticsearch": ElasticsearchStore(
                cluster, embedding_model=embedder.model_id, dimensions=embedder.dimensions
            ),
            "embedded": EmbeddedStore(place, embedding_model=embedder.model_id, dimensions=embedder.dimensions),
        }
        for store in stores.values():
            await store.prepare()
            stack.push_async_callback(store.close)
        async for batch in embedded(each(folder), embedder):
            for store in stores.values():
                await store.write(batch)
        for query_id, text in questions.items():
            query, vector = Query(text=text, principals=ANYONE, top_k=TOP_K), embedder.embed_query(text)
            found: dict[str, dict[str, list[str]]] = {}
            for engine, store in stores.items():
                both = await store.search_both(query, vector, seconds=60)
                found[engine] = {leg: names(ranking) for leg, ranking in rankings(both).items()}
                for leg, documents in found[engine].items():
                    run = runs.setdefault(leg, {}).setdefault(engine, {})
                    run[query_id] = {document: -float(rank) for rank, document in enumerate(documents)}
            for leg, shares in overlap.items():
                ours, theirs = (found[engine][leg][:10] for engine in stores)
                shares.append(len(set(ours) & set(theirs)) / max(1, len(ours), len(theirs)))
    return [compared(name, leg, runs[leg], qrels, float(np.mean(shares))) for leg, shares in overlap.items()]


def compared(name: str, leg: str, runs: Mapping[str, Run], qrels: Mapping[str, Mapping[str, int]], same: float) -> Row:
    """Give both stores' figures, and the difference of nDCG@10 with its 95 % interval (paired bootstrap)."""
    figures = {store: ir_measures.calc_aggregate(MEASURES, qrels, run) for store, run in runs.items()}
    per_query = {
        store: {each.query_id: each.value for each in ir_measures.iter_calc([nDCG @ 10], qrels, run)}
        for store, run in runs.items()
    }
    differences = np.array([per_query["elasticsearch"][q] - per_query["embedded"][q] for q in per_query["embedded"]])
    resampled = np.random.default_rng(7).choice(differences, (RESAMPLES, len(differences))).mean(axis=1)
    low, high = np.percentile(resampled, [2.5, 97.5])
    return {
        "set": name,
        "leg": leg,
        **{f"{measure} {store[:8]}": float(found[measure]) for measure in MEASURES for store, found in figures.items()},
        "difference": float(differences.mean()),
        "95 % interval": f"[{low:+.4f}, {high:+.4f}]",
        "top-10 overlap": same,
    }


async def each(folder: Path) -> AsyncGenerator[Document]:
    for row in rows(folder / "corpus.jsonl.gz"):
        yield document(row["_id"], title=row["title"], text=row["text"])


def beir_qrels(folder: Path) -> dict[str, dict[str, int]]:
    """Read relevance by query_id and document name."""
    qrels: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query_id, name, relevance = line.split("\t")
        qrels.setdefault(query_id, {})[name] = int(relevance)
    return qrels


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("sets", nargs="*", default=list(SETS))
    options = parser.parse_args()
    found = [row for name in options.sets for row in anyio.run(measure, name)]
    report("Both stores over the same documents", found, json_file=options.json)


if __name__ == "__main__":
    main()
