"""Groundsel over Elasticsearch beside Elasticsearch alone and the embedded store: indexing rate, latency, throughput.

Elasticsearch alone is asked for each leg by itself, and for both in one `_msearch`, with the same bodies, by its own
client, which only unpacks the answers; Groundsel does the whole search: both legs, fusion, the second check, counting,
snippets. Where two searches at once take a machine longer than one, "both legs" is what a whole search can cost at
least. Every question's vector is known beforehand, so that no model is measured. Both clients ask for answers that are
not compressed.

The stages may be run one by one, each on an otherwise idle machine: `rate`, then `index`, then `search`, which reports.
"""

import gc
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
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
from groundsel_pipelines.stores.analysis import asked_terms
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
WARM_UP = 60  # questions
TURN = 4  # questions of each client before the next engine has its turn
MODEL = "bench"
RATE_PASSAGES = 20_000
RATE_ROUNDS = 2  # turn about, so that a machine that changes its pace meets both
PREFIX = "beside"

BARE, OVER, EMBEDDED = "Elasticsearch alone", "Groundsel on Elasticsearch", "Groundsel embedded"

Search = Callable[[int], Awaitable[object]]
Asked = tuple[str, str]
"""An engine, and what it is asked for."""


class KnownVectors:
    """An embedder that looks up what it is asked."""

    model_id = MODEL
    dimensions = DIMENSIONS
    max_tokens = 1000
    languages = frozenset({"en"})
    tokens: TokenCounter

    def __init__(self, questions: Sequence[str], vectors: Vectors) -> None:
        self.rows = {text: row for row, text in enumerate(questions)}
        self.words = [set(text.split()) for text in questions]
        self.vectors = vectors

    def embed_query(self, text: str) -> Vectors:
        row = self.rows[text] if text in self.rows else self._nearest(text)  # other words may have been added to it
        vector: Vectors = self.vectors[row][np.newaxis]
        return vector

    def _nearest(self, text: str) -> int:
        words = set(text.split())
        return max(self.rows.values(), key=lambda row: len(words & self.words[row]))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError


async def bare_rate(corpus: Corpus, cluster: Cluster, client: AsyncElasticsearch) -> float:
    """Index with the client's own helper; its bodies are made beforehand, where ours are made on the way."""
    name = index_name(cluster.prefix, "bare", 1)
    body = index_body(cluster, collection="bare", number=1, embedding_model=MODEL, dimensions=DIMENSIONS)
    await client.indices.create(index=name, settings=body["settings"], mappings=body["mappings"])
    actions = [
        {"_index": name, "_id": indexed.document.doc_id, "_source": entries.entry(indexed)}
        for indexed in corpus.documents()
    ]

    async def given() -> AsyncGenerator[dict[str, Any]]:
        for action in actions:
            yield action

    began = perf_counter()
    async for _ in async_streaming_bulk(client, given(), chunk_size=BATCH):
        pass
    seconds = perf_counter() - began
    await client.indices.delete(index=name)
    return corpus.count / seconds


async def our_rate(corpus: Corpus, cluster: Cluster, client: AsyncElasticsearch) -> float:
    store = ElasticsearchStore(cluster, embedding_model=MODEL, dimensions=DIMENSIONS)
    await store.prepare()
    began = perf_counter()
    await corpus.write_into(store)
    seconds = perf_counter() - began
    await store.close()
    await client.indices.delete(index=index_name(cluster.prefix, "bench", 1))
    return corpus.count / seconds


async def rate() -> list[Row]:
    corpus = Corpus(RATE_PASSAGES)
    rates: dict[str, list[float]] = {"Elasticsearch, bulk helper": [], OVER: []}
    async with own_indices() as cluster:
        client = connect(cluster)
        for _ in range(RATE_ROUNDS):
            rates["Elasticsearch, bulk helper"].append(await bare_rate(corpus, cluster, client))
            rates[OVER].append(await our_rate(corpus, cluster, client))
        await client.close()
    bare, ours = (float(np.mean(each)) for each in rates.values())
    return [
        {"engine": engine, "what": f"index {RATE_PASSAGES:,}", "passages/s": mean, "of the helper's": mean / bare}
        for engine, mean in zip(rates, (bare, ours), strict=True)
    ]


def stores_of(cluster: Cluster, folder: Path) -> dict[str, Store]:
    return {
        OVER: ElasticsearchStore(cluster, embedding_model=MODEL, dimensions=DIMENSIONS),
        EMBEDDED: EmbeddedStore(folder, embedding_model=MODEL, dimensions=DIMENSIONS),
    }


async def index(passages: int, cluster: Cluster, folder: Path) -> list[Row]:
    """Write everything into both stores; what is there already is left as it is."""
    corpus = Corpus(passages)
    rows: list[Row] = []
    for engine, store in stores_of(cluster, folder).items():
        await store.prepare()
        if (await store.statistics()).passages < passages:
            began = perf_counter()
            await corpus.write_into(store)
            rate = passages / (perf_counter() - began)
            rows.append({"engine": engine, "what": f"index {passages:,}", "passages/s": rate})
        await store.search_lexical(Query(text="warm", principals=frozenset({"group:100"})))
        await store.close()
    client = connect(cluster)
    await client.options(request_timeout=1800).indices.forcemerge(index=cluster.prefix, max_num_segments=5)
    await client.close()
    return rows


async def turn_about(searches: Mapping[Asked, Search], clients: int, questions: int) -> dict[Asked, dict[str, float]]:
    """Ask the questions of each, a few at a time: a machine that changes its pace meets every engine."""
    times: dict[Asked, list[float]] = {asked: [] for asked in searches}
    seconds = dict.fromkeys(searches, 0.0)
    for first in range(0, questions, TURN * clients):
        numbers = range(first, min(first + TURN * clients, questions))
        for asked, search in searches.items():
            began = perf_counter()
            times[asked] += await under(clients, search, numbers)
            seconds[asked] += perf_counter() - began
    return {asked: {**percentiles(times[asked]), "searches/s": questions / seconds[asked]} for asked in searches}


async def under(clients: int, search: Search, numbers: range) -> list[float]:
    """Let several clients ask, each one question after the other; gives milliseconds."""
    times: list[float] = []

    async def client(mine: range) -> None:
        for number in mine:
            began = perf_counter()
            await search(number)
            times.append((perf_counter() - began) * 1000)

    async with anyio.create_task_group() as group:
        for first in range(clients):
            group.start_soon(client, numbers[first::clients])
    return times


def percentiles(times: Sequence[float]) -> dict[str, float]:
    return {f"p{share} ms": float(np.percentile(times, share)) for share in (50, 95, 99)}


def bodies(corpus: Corpus, number: int, asker: frozenset[str]) -> dict[str, queries.Body]:
    """Give what each leg is asked, as Groundsel asks it."""
    query = Query(text=corpus.questions[number], principals=asker, top_k=TOP_K)
    return {
        "lexical": queries.lexical(query, asked_terms(query.text, {"en": corpus.count})),
        "dense": queries.dense(query, corpus.question_vectors[number : number + 1]),
    }


def searches(
    corpus: Corpus, asker: frozenset[str], client: AsyncElasticsearch, index: str, searchers: Mapping[str, Searcher]
) -> dict[Asked, Search]:
    """Give what is measured: Elasticsearch alone with each leg and with both, and every whole search."""

    async def leg(number: int, *, kind: str) -> object:
        return await client.search(index=index, **bodies(corpus, number, asker)[kind])

    async def both(number: int) -> object:
        asked = [part for body in bodies(corpus, number, asker).values() for part in ({"index": index}, body)]
        return await client.msearch(searches=asked)

    async def whole(number: int, *, searcher: Searcher) -> object:
        answer = await searcher.search(SearchRequest(text=corpus.questions[number], principals=asker))
        if answer.degraded:
            raise RuntimeError(f"left out: {answer.degraded}")
        return answer

    return {
        **{(BARE, kind): partial(leg, kind=kind) for kind in ("lexical", "dense")},
        (BARE, "both legs"): both,
        **{(engine, "whole search"): partial(whole, searcher=searcher) for engine, searcher in searchers.items()},
    }


async def search(passages: int, cluster: Cluster, folder: Path) -> list[Row]:
    corpus = Corpus(passages)
    embedder = KnownVectors(corpus.questions, corpus.question_vectors)
    stores = stores_of(cluster, folder)
    searchers = {
        engine: Searcher(store=store, embedder=embedder, fusion=min_max_linear, top_k=TOP_K, timeout=60)
        for engine, store in stores.items()
    }
    client = connect(cluster)
    found: list[Row] = []
    for store in stores.values():
        await store.prepare()
    gc.collect()
    gc.freeze()  # as `groundsel serve` does once everything is loaded
    for share in SHARES:
        engines = searches(corpus, frozenset({f"group:{share}"}), client, cluster.prefix, searchers)
        await turn_about(engines, 1, WARM_UP)
        for clients in CLIENTS:
            found += rows(await turn_about(engines, clients, QUERIES), share, clients)
    for store in stores.values():
        await store.close()
    await client.close()
    return found


def rows(measured: Mapping[Asked, Mapping[str, float]], share: int, clients: int) -> list[Row]:
    """Make the table's rows; the whole search over Elasticsearch says what it takes beyond Elasticsearch alone."""
    p50 = {what: figures["p50 ms"] for (engine, what), figures in measured.items() if engine == BARE}
    ours = measured[OVER, "whole search"]["p50 ms"]
    beyond = {
        "beyond the slowest leg": ours - max(p50["lexical"], p50["dense"]),
        "beyond both legs": ours - p50["both legs"],
    }
    return [
        {
            "engine": engine,
            "what": what,
            "visible %": share,
            "clients": clients,
            **figures,
            **(beyond if engine == OVER else {}),
        }
        for (engine, what), figures in measured.items()
    ]


async def measure(stages: Sequence[str], passages: int, folder: Path) -> list[Row]:
    found = await rate() if "rate" in stages else []
    async with own_indices(f"{PREFIX}{passages}") as cluster:
        place = folder / str(passages)
        if "index" in stages:
            found += await index(passages, cluster, place)
        if "search" in stages:
            found += await search(passages, cluster, place)
    return found


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("stages", nargs="*", default=["rate", "index", "search"])
    parser.add_argument("--passages", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "groundsel-beside")
    options = parser.parse_args()
    found = anyio.run(measure, options.stages, options.passages, options.folder)
    report(f"Beside Elasticsearch, {options.passages:,} passages, top {TOP_K}", found, json_file=options.json)


if __name__ == "__main__":
    main()
