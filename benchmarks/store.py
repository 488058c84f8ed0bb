"""The embedded store at 200,000 passages, filtered and not, beside LanceDB and SQLite FTS5 over the same passages."""

import gzip
import json
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import anyio
import numpy as np

from groundsel_pipelines.protocols import Store
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import Document, IndexedDocument, Passage, Query, Ranking, Vectors
from reporting import Row, arguments, report, shared_data

PASSAGES_A_DOCUMENT = 10
WORDS = 115  # of a passage, about
QUERIES, QUERY_WORDS = 200, 12
TOP_K = 100
DIMENSIONS = 384
CLUSTERS = 2000  # vectors of real texts lie in clusters; uniform ones would flatter no index
SHARES = (100, 50, 10, 1)  # per cent of the documents that the asker may see
BATCH = 500  # documents


class Corpus:
    """Passages made of real sentences in random order, vectors in clusters, and questions cut from sentences."""

    def __init__(self, passages: int) -> None:
        self.random = Random(3)  # noqa: S311 - reproducible, not secret
        self.numbers = np.random.default_rng(3)
        self.count = passages
        self.sentences = [text for text in real_sentences() if len(text.split()) > QUERY_WORDS]
        self.centres = self.numbers.normal(0, 1, (CLUSTERS, DIMENSIONS)).astype(np.float32)
        self.texts = [self._passage() for _ in range(passages)]
        self.vectors = self.near(self.numbers.integers(0, CLUSTERS, passages))
        self.shares = np.repeat(self.numbers.integers(0, 100, passages // PASSAGES_A_DOCUMENT), PASSAGES_A_DOCUMENT)
        self.questions = [
            " ".join(self.random.choice(self.sentences).split()[:QUERY_WORDS]).rstrip(".,;:") for _ in range(QUERIES)
        ]
        self.question_vectors = self.near(self.numbers.integers(0, CLUSTERS, QUERIES))

    def _passage(self) -> str:
        parts: list[str] = []
        length = 0
        while length < WORDS:
            parts.append(self.random.choice(self.sentences))
            length += len(parts[-1].split())
        return " ".join(parts)

    def near(self, clusters: np.ndarray) -> Vectors:
        points = self.centres[clusters] + self.numbers.normal(0, 0.7, (len(clusters), DIMENSIONS)).astype(np.float32)
        unit: Vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def documents(self) -> Iterator[IndexedDocument]:
        for number, first in enumerate(range(0, self.count, PASSAGES_A_DOCUMENT)):
            texts = self.texts[first : first + PASSAGES_A_DOCUMENT]
            share = int(self.shares[first])
            allowed = frozenset(f"group:{limit}" for limit in SHARES if share < limit)
            yield indexed(number, texts, self.vectors[first : first + PASSAGES_A_DOCUMENT], allowed)

    async def write_into(self, store: Store) -> None:
        """Write every document, in batches as an ingest makes them."""
        batch: list[IndexedDocument] = []
        for made in self.documents():
            batch.append(made)
            if len(batch) == BATCH:
                await store.write(batch)
                batch = []
        await store.write(batch)


def indexed(number: int, texts: Sequence[str], vectors: Vectors, allowed: frozenset[str]) -> IndexedDocument:
    document = Document(
        doc_id=f"bench/{number}",
        collection="bench",
        source="bench",
        uri=f"{number}.txt",
        title=f"Document {number}",
        text="\n".join(texts),
        media_type="txt",
        language="en",
        version=1,
        updated_at=None,
        allowed=allowed,
    )
    starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
    passages = tuple(
        Passage(
            passage_id=f"{document.doc_id}#{ordinal}",
            doc_id=document.doc_id,
            ordinal=ordinal,
            start=int(starts[ordinal]),
            end=int(starts[ordinal]) + len(text),
            text=text,
            headings=(),
            page=None,
            title=document.title,
            uri=document.uri,
            collection="bench",
            source="bench",
            media_type="txt",
            language="en",
            updated_at=None,
            version=1,
            allowed=allowed,
        )
        for ordinal, text in enumerate(texts)
    )
    return IndexedDocument(document=document, passages=passages, vectors=vectors)


def real_sentences() -> Iterator[str]:
    for name in ("beir-scifact", "cacm"):
        with gzip.open(shared_data(name) / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                yield from (text[start:end] for start, end in sentence_spans(text, "en"))


def timed(search: Callable[[int], object], questions: int = QUERIES // 4) -> dict[str, float]:
    """Give milliseconds at the median and at the 95th percentile, after a warm-up; of peers, fewer questions do."""
    for number in range(10):
        search(number)
    times = []
    for number in range(questions):
        began = perf_counter()
        search(number)
        times.append((perf_counter() - began) * 1000)
    return {"p50 ms": float(np.percentile(times, 50)), "p95 ms": float(np.percentile(times, 95))}


async def timed_async(search: Callable[[int], Awaitable[object]]) -> dict[str, float]:
    for number in range(10):
        await search(number)
    times = []
    for number in range(QUERIES):
        began = perf_counter()
        await search(number)
        times.append((perf_counter() - began) * 1000)
    return {"p50 ms": float(np.percentile(times, 50)), "p95 ms": float(np.percentile(times, 95))}


def exact(corpus: Corpus, number: int, share: int) -> set[int]:
    """Give the ten nearest passages in float32."""
    scores = np.where(corpus.shares < share, corpus.vectors @ corpus.question_vectors[number], -np.inf)
    return set(np.argpartition(-scores, 10)[:10].tolist())


async def ours(corpus: Corpus, folder: Path) -> list[Row]:
    rows: list[Row] = []
    store = EmbeddedStore(folder, embedding_model="bench", dimensions=DIMENSIONS)
    await store.prepare()
    began = perf_counter()
    await corpus.write_into(store)
    written = perf_counter()
    await store.search_lexical(Query(text="warm", principals=frozenset({"group:100"})))
    rows.append({"engine": "groundsel", "what": "write, durable", "seconds": written - began})
    rows.append({"engine": "groundsel", "what": "indexes catch up", "seconds": perf_counter() - written})
    await store.close()
    began = perf_counter()
    store = EmbeddedStore(folder, embedding_model="bench", dimensions=DIMENSIONS)
    await store.prepare()
    first = Query(text=corpus.questions[0], principals=frozenset({"group:100"}), top_k=TOP_K)
    await store.search_lexical(first)
    await store.search_dense(first, corpus.question_vectors[:1])
    rows.append({"engine": "groundsel", "what": "open and first search", "seconds": perf_counter() - began})

    async def lexical(number: int, asker: frozenset[str]) -> Ranking:
        return await store.search_lexical(Query(text=corpus.questions[number], principals=asker, top_k=TOP_K))

    async def dense(number: int, asker: frozenset[str]) -> Ranking:
        query = Query(text=corpus.questions[number], principals=asker, top_k=TOP_K)
        return await store.search_dense(query, corpus.question_vectors[number : number + 1])

    for share in SHARES:
        asker = frozenset({f"group:{share}"})
        row: Row = {"engine": "groundsel", "visible %": share}
        rows.append({**row, "what": "lexical", **await timed_async(partial(lexical, asker=asker))})
        found = 0
        for number in range(50):
            hits = (await dense(number, asker))[:10]
            ids = {int(hit.passage.doc_id[6:]) * PASSAGES_A_DOCUMENT + hit.passage.ordinal for hit in hits}
            found += len(ids & exact(corpus, number, share))
        figures = await timed_async(partial(dense, asker=asker))
        rows.append({**row, "what": "dense", **figures, "recall@10": found / 500})
    await store.close()
    return rows


def sqlite_fts5(corpus: Corpus, folder: Path) -> list[Row]:
    connection = sqlite3.connect(folder / "fts5.db")
    connection.execute("CREATE VIRTUAL TABLE passage USING fts5(text, share UNINDEXED, tokenize='porter unicode61')")
    with connection:
        rows = zip(corpus.texts, corpus.shares.tolist(), strict=True)
        connection.executemany("INSERT INTO passage VALUES (?, ?)", rows)
    statement = "SELECT rowid FROM passage WHERE passage MATCH ? AND share < ? ORDER BY rank LIMIT ?"
    measured: list[Row] = []
    for share in SHARES:

        def search(number: int, share: int = share) -> object:
            words = " OR ".join(f'"{word}"' for word in corpus.questions[number].replace('"', "").split())
            return connection.execute(statement, (words, share, TOP_K)).fetchall()

        measured.append({"engine": "SQLite FTS5", "what": "lexical", "visible %": share, **timed(search)})
    connection.close()
    return measured


def lance(corpus: Corpus, folder: Path) -> list[Row]:
    if find_spec("lancedb") is None:
        print("lancedb is not installed: no figures beside it (uv pip install --group peers)")
        return []
    import lancedb  # it warns on stderr at every search: 2>/dev/null
    import pyarrow as pa

    table = lancedb.connect(folder / "lance").create_table(
        "passage",
        pa.table(
            {
                "text": corpus.texts,
                "share": corpus.shares,
                "vector": pa.FixedSizeListArray.from_arrays(corpus.vectors.ravel(), DIMENSIONS),
            }
        ),
    )
    table.create_fts_index("text", stem=True, remove_stop_words=True)
    measured: list[Row] = []
    for share in SHARES:

        def lexical(number: int, share: int = share) -> object:
            found = table.search(corpus.questions[number], query_type="fts").where(f"share < {share}", prefilter=True)
            return found.select(["text"]).limit(TOP_K).to_arrow()

        def dense(number: int, share: int = share) -> object:
            found: Any = table.search(corpus.question_vectors[number])
            nearest = found.metric("cosine").where(f"share < {share}", prefilter=True)
            return nearest.select(["text"]).limit(TOP_K).to_arrow()

        measured.append({"engine": "LanceDB", "what": "lexical", "visible %": share, **timed(lexical)})
        measured.append({"engine": "LanceDB flat", "what": "dense", "visible %": share, **timed(dense)})
    return measured


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--passages", type=int, default=200_000)
    options = parser.parse_args()
    corpus = Corpus(options.passages)
    with tempfile.TemporaryDirectory() as folder:
        rows = anyio.run(ours, corpus, Path(folder) / "groundsel")
        rows += [*sqlite_fts5(corpus, Path(folder)), *lance(corpus, Path(folder))]
    report(f"Stores at {options.passages:,} passages, top {TOP_K}", rows, json_file=options.json)


if __name__ == "__main__":
    main()
