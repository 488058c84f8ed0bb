"""Groundsel over Elasticsearch beside Elasticsearch alone and the embedded store: indexing rate, latency, throughput.

Elasticsearch alone is asked for each leg by itself, with the same bodies, by its own client; Groundsel does the whole
search: both legs, fusion, the second check, counting, snippets. Every question's vector is known beforehand, so that no
model is measured.
"""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import anyio
import numpy as np
from elasticsearch.helpers import async_streaming_bulk

from elasticsearch import AsyncElasticsearch
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.protocols import Cluster, Store, TokenCounter
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.stores.analysis import indexed_terms
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore, entries, queries
from groundsel_pipelines.stores.elasticsearch.connecting import connect
from groundsel_pipelines.stores.elasticsearch.layout import index_body, index_name
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import Query, SearchRequest, Vectors
from node import own_indices
from reporting import Row, arguments, report
from store import BATCH, DIMENSIONS, QUERIES, TOP_K, Corpus

SHARES = (100, 10)  # per cent of the documents that the asker may see
CLIENTS = (1, 4, 16)
WARM_UP = 100
MODEL = "bench"

Search = Callable[[int], Awaitable[object]]


class KnownVectors:
    """An embedder that looks up what it is asked."""

    model_id = MODEL
    dimensions = DIMENSIONS
    max_tokens = 1000
    tokens: TokenCounter

    def __init__(self, corpus: Corpus) -> None:
        self.rows = {text: row for row, text in enumerate(corpus.questions)}
        self.vectors = corpus.question_vectors

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self.vectors[self.rows[text]][np.newaxis]
        return vector

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError


async def bare_indexing(corpus: Corpus, cluster: Cluster, client: AsyncElasticsearch) -> Row:
    """Index the same entries with the client's own helper, made beforehand where ours makes them as it goes."""
    name = index_name(cluster.prefix, "bare", 1)
    body = index_body(collection="bare", number=1, embedding_model=MODEL, dimensions=DIMENSIONS)
    await client.indices.create(index=name, settings=body["settings"], mappings=body["mappings"])

    async def actions() -> AsyncGenerator[dict[str, Any]]:
        for indexed in corpus.documents():
            yield {"_index": name, "_id": indexed.document.doc_id, "_source": entries.entry(indexed)}

    began = perf_counter()
    async for _ in async_streaming_bulk(client, actions(), chunk_size=BATCH):
        pass
    seconds = perf_counter() - began
    await client.indices.delete(index=name)
    return {"engine": "Elasticsearch, bulk helper", "what": "index", "passages/s": corpus.count / seconds}


async def indexing(corpus: Corpus, store: Store, engine: str) -> Row:
    began = perf_counter()
    await corpus.write_into(store)
    return {"engine": engine, "what": "index", "passages/s": corpus.count / (perf_counter() - began)}


async def searching(engine: str, what: str, share: int, search: Search) -> list[Row]:
    """Measure one search at a time, then several clients that ask one after the other."""
    for number in range(WARM_UP):
        await search(number % QUERIES)
    return [
        {"engine": engine, "what": what, "visible %": share, "clients": clients, **await under(clients, search)}
        for clients in CLIENTS
    ]


async def under(clients: int, search: Search) -> dict[str, float]:
    times: list[float] = []

    async def client(first: int) -> None:
        for number in range(first, QUERIES, clients):
            began = perf_counter()
            await search(number)
            times.append((perf_counter() - began) * 1000)

    began = perf_counter()
    async with anyio.create_task_group() as group:
        for first in range(clients):
            group.start_soon(client, first)
    p50, p95, p99 = (float(np.percentile(times, share)) for share in (50, 95, 99))
    return {"p50 ms": p50, "p95 ms": p95, "p99 ms": p99, "searches/s": len(times) / (perf_counter() - began)}


async def measure(passages: int) -> list[Row]:
    corpus = Corpus(passages)
    embedder = KnownVectors(corpus)
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        async with own_indices() as cluster:
            client = connect(cluster)
            found.append(await bare_indexing(corpus, cluster, client))
            stores: dict[str, Store] = {
                "Groundsel on Elasticsearch": ElasticsearchStore(cluster, embedding_model=MODEL, dimensions=DIMENSIONS),
                "Groundsel embedded": EmbeddedStore(Path(folder), embedding_model=MODEL, dimensions=DIMENSIONS),
            }
            for engine, store in stores.items():
                await store.prepare()
                found.append(await indexing(corpus, store, engine))
                await store.versions("bench", "bench")  # everything is visible now

            async def leg(number: int, *, asker: frozenset[str], kind: str) -> object:
                query = Query(text=corpus.questions[number], principals=asker, top_k=TOP_K)
                if kind == "lexical":
                    body = queries.lexical(query, list(dict.fromkeys(indexed_terms(query.text, "en"))))
                else:
                    body = queries.dense(query, corpus.question_vectors[number : number + 1])
                return await client.search(index=cluster.prefix, **{k.removeprefix("_"): v for k, v in body.items()})

            async def whole(number: int, *, asker: frozenset[str], searcher: Searcher) -> object:
                answer = await searcher.search(SearchRequest(text=corpus.questions[number], principals=asker))
                if answer.degraded:
                    raise RuntimeError(f"left out: {answer.degraded}")
                return answer

            for share in SHARES:
                asker = frozenset({f"group:{share}"})
                for kind in ("lexical", "dense"):
                    alone = partial(leg, asker=asker, kind=kind)
                    found += await searching("Elasticsearch alone", kind, share, alone)
                for engine, store in stores.items():
                    searcher = Searcher(store=store, embedder=embedder, fusion=min_max_linear, top_k=TOP_K, timeout=60)
                    found += await searching(
                        engine, "whole search", share, partial(whole, asker=asker, searcher=searcher)
                    )
            for store in stores.values():
                await store.close()
            await client.close()
    return found


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--passages", type=int, default=200_000)
    options = parser.parse_args()
    found = anyio.run(measure, options.passages)
    report(f"Beside Elasticsearch, {options.passages:,} passages, top {TOP_K}", found, json_file=options.json)


if __name__ == "__main__":
    main()
