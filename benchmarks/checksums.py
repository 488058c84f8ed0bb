"""What comparing checksums costs an embedded store: to open it and to search it, beside the same without comparing."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import anyio

from groundsel_pipelines.stores.embedded import EmbeddedStore, checked
from groundsel_pipelines.stores.embedded.standing import Standing
from groundsel_pipelines.types import Query
from reporting import Row, arguments, report
from store import DIMENSIONS, TOP_K, Corpus, timed_async

ROUNDS = 5
EVERYONE = frozenset({"group:100"})


@contextmanager
def not_comparing() -> Iterator[None]:
    """Let SQLite read pages as it does by itself, and the word index be opened as it lies there."""
    comparing, is_sound = checked.checking, Standing.is_sound
    checked.checking = lambda: "unix"  # type: ignore[assignment]
    Standing.is_sound = lambda *_: True  # type: ignore[method-assign]
    try:
        yield
    finally:
        checked.checking, Standing.is_sound = comparing, is_sound  # type: ignore[method-assign]


async def opened_and_searched(corpus: Corpus, folder: Path) -> dict[str, float]:
    store = EmbeddedStore(folder, embedding_model="bench", dimensions=DIMENSIONS)
    began = perf_counter()
    await store.prepare()
    await store.warm_up()
    opened = perf_counter() - began

    async def lexical(number: int) -> object:
        return await store.search_lexical(Query(text=corpus.questions[number], principals=EVERYONE, top_k=TOP_K))

    async def dense(number: int) -> object:
        query = Query(text=corpus.questions[number], principals=EVERYONE, top_k=TOP_K)
        return await store.search_dense(query, corpus.question_vectors[number : number + 1])

    words, meaning = await timed_async(lexical), await timed_async(dense)
    await store.close()
    return {"open, s": opened, "lexical, p50 ms": words["p50 ms"], "dense, p50 ms": meaning["p50 ms"]}


async def compared(corpus: Corpus, folder: Path) -> list[Row]:
    store = EmbeddedStore(folder, embedding_model="bench", dimensions=DIMENSIONS)
    await store.prepare()
    await corpus.write_into(store)
    await store.close()
    told: dict[str, list[dict[str, float]]] = {"compared": [], "not compared": []}
    for _ in range(ROUNDS):
        told["compared"].append(await opened_and_searched(corpus, folder))
        with not_comparing():
            told["not compared"].append(await opened_and_searched(corpus, folder))
    rows: list[Row] = [
        {"checksums": name, "passages": corpus.count}
        | {figure: median(each[figure] for each in rounds) for figure in rounds[0]}
        for name, rounds in told.items()
    ]
    first, second = rows
    ratios = {name: value / second[name] for name, value in first.items() if isinstance(value, float)}  # type: ignore[operator]
    return [*rows, {"checksums": "ratio", "passages": corpus.count, **ratios}]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--passages", type=int, default=200_000)
    options = parser.parse_args()
    corpus = Corpus(options.passages)
    with tempfile.TemporaryDirectory(prefix="groundsel-checksums-") as name:
        rows = anyio.run(partial(compared, corpus, Path(name)))
    report("An embedded store, with its checksums compared and not", rows, json_file=options.json)


if __name__ == "__main__":
    main()
