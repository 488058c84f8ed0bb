"""Query help over the embedded store at 200,000 passages: completing, vocabularies, phrases, exclusions, dates."""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import anyio
import numpy as np

from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import IndexedDocument, Query
from reporting import Row, arguments, report
from store import BATCH, DIMENSIONS, SHARES, Corpus

TITLE_WORDS: Final = 6
HEADING_WORDS: Final = 4
PREFIXES: Final = (2, 3, 5, 8, 12)  # characters typed
TIMES: Final = 200


def with_headings(corpus: Corpus) -> Iterator[IndexedDocument]:
    """Give every document a title and every passage a heading of its own: the words that its text begins with."""
    for made in corpus.documents():
        title = " ".join(made.passages[0].text.split()[:TITLE_WORDS])
        passages = tuple(
            replace(passage, title=title, headings=(" ".join(passage.text.split()[1 : HEADING_WORDS + 1]),))
            for passage in made.passages
        )
        yield replace(made, document=replace(made.document, title=title), passages=passages)


async def timed(what: str, calls: Iterable[Callable[[], Awaitable[object]]]) -> Row:
    took: list[float] = []
    for call in calls:
        began = perf_counter()
        await call()
        took.append((perf_counter() - began) * 1000)
    p50, p95 = np.percentile(took, (50, 95))
    return {"what": what, "calls": len(took), "p50 ms": float(p50), "p95 ms": float(p95)}


async def filled(store: EmbeddedStore, corpus: Corpus) -> list[str]:
    """Write the corpus; give the titles."""
    titles: list[str] = []
    batch: list[IndexedDocument] = []
    for made in with_headings(corpus):
        titles.append(made.document.title)
        batch.append(made)
        if len(batch) == BATCH:
            await store.write(batch)
            batch = []
    await store.write(batch)
    return titles


async def completing(store: EmbeddedStore, titles: list[str]) -> AsyncGenerator[Row]:
    """Type the beginnings of words of titles, as askers who see all documents, and fewer."""
    words = [title.split()[number % TITLE_WORDS] for number, title in enumerate(titles[:TIMES])]
    for share in SHARES:
        asker = frozenset({f"group:{share}"})
        yield await timed(f"vocabulary, {share} % visible", [partial(store.vocabulary, principals=asker)])
        for length in PREFIXES:
            typed = [word[:length] for word in words if len(word) >= length]
            calls = [partial(store.suggest, begin, principals=asker, limit=5) for begin in typed]
            yield await timed(f"complete {length} characters, {share} % visible", calls)


async def conditions(store: EmbeddedStore, corpus: Corpus) -> AsyncGenerator[Row]:
    """Search by words alone, with a phrase of the question, without its last word, and by date."""
    plain = [Query(text=text, principals=frozenset({"group:100"})) for text in corpus.questions]
    phrased = [replace(query, phrases=(" ".join(query.text.split()[3:5]),)) for query in plain]
    without = [replace(query, excluded=(query.text.split()[-1],)) for query in plain]
    for what, queries in (("words", plain), ("words and a phrase", phrased), ("words but one", without)):
        yield await timed(what, [partial(store.search_lexical, query) for query in queries])
    newest = [partial(store.search_by_date, replace(query, top_k=10), newest_first=True) for query in plain[:50]]
    yield await timed("words by date", newest)


async def run(passages: int) -> list[Row]:
    corpus = Corpus(passages)
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder), embedding_model="bench", dimensions=DIMENSIONS)
        await store.prepare()
        titles = await filled(store, corpus)
        rows = [row async for row in completing(store, titles)]
        rows += [row async for row in conditions(store, corpus)]
        await store.close()
        size = sum(file.stat().st_size for file in Path(folder, "lexical").rglob("*") if file.is_file())  # noqa: ASYNC240 - nothing else runs
    return [*rows, {"what": "index of words, MB", "calls": round(size / 1e6)}]


def main() -> None:
    parser = arguments("Query help over the embedded store.")
    parser.add_argument("--passages", type=int, default=200_000)
    given = parser.parse_args()
    title = f"Query help at {given.passages} passages"
    report(title, anyio.run(run, given.passages), json_file=given.json)


if __name__ == "__main__":
    main()
