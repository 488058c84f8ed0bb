"""A peer behind the smallest HTTP service that one would write for it, run by `load.py` in an environment of the peer.

    load_peers.py make PEER CORPUS FOLDER     # index the corpus, where that has not been done
    load_peers.py serve PEER CORPUS FOLDER PORT

It imports nothing of Groundsel. Texts, vectors and questions come from the files that `load.py` writes; each question's
vector is known, as there.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TOP: Final = 10
PROBES: Final = 24  # lists of vectors that are looked into: what it takes to find as much as an exact search, nearly

Vectors = npt.NDArray[np.float32]
Found = list[dict[str, Any]]
Search = Callable[[str, bool], Found]


class Corpus:
    def __init__(self, folder: Path) -> None:
        self.texts: list[str] = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        self.vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        questions: list[str] = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
        self.asked = dict(zip(questions, np.load(folder / "question_vectors.npy"), strict=True))


# ---------------------------------------------------------------- LanceDB: a table, two indexes, its own hybrid search


def lance_make(corpus: Corpus, folder: Path) -> None:
    import lancedb
    import pyarrow as pa
    from lancedb.index import FTS, HnswSq

    vectors = pa.FixedSizeListArray.from_arrays(np.asarray(corpus.vectors).ravel(), corpus.vectors.shape[1])
    rows = pa.table({"id": list(range(len(corpus.texts))), "text": corpus.texts, "vector": vectors})
    table = lancedb.connect(folder).create_table("passage", rows, mode="overwrite")
    table.create_index("text", config=FTS(stem=True, remove_stop_words=True))
    table.create_index("vector", config=HnswSq(distance_type="cosine"))


def lance_open(corpus: Corpus, folder: Path) -> Search:
    import lancedb

    table = lancedb.connect(folder).open_table("passage")

    def search(text: str, dense: bool) -> Found:  # noqa: FBT001
        vector = corpus.asked[text]
        asked: Any = table.search(vector) if dense else table.search(query_type="hybrid").vector(vector).text(text)
        nearest = asked.distance_type("cosine").nprobes(PROBES).refine_factor(2).limit(TOP)
        found: Found = nearest.select(["id", "text"]).to_list()
        return found

    return search


# ---------------------------------------------------------------- txtai: hybrid embeddings with their content


def txtai_make(corpus: Corpus, folder: Path) -> None:
    from txtai import Embeddings

    made = Embeddings(
        method="external",
        transform=looked_up(corpus),
        hybrid=True,
        content=True,
        faiss={"nprobe": PROBES},
        normalize=True,
    )
    made.index((number, text, None) for number, text in enumerate(corpus.texts))
    made.config["transform"] = None  # a function cannot be saved
    made.save(str(folder / "txtai"))


def txtai_open(corpus: Corpus, folder: Path) -> Search:
    from txtai import Embeddings

    one_at_a_time = Lock()
    held = Embeddings()
    held.load(str(folder / "txtai"), config={"transform": looked_up(corpus)})

    def search(text: str, dense: bool) -> Found:  # noqa: FBT001
        with one_at_a_time:  # its cursor is one for all threads
            found: Found = held.search(text, limit=TOP, weights=1.0 if dense else None)
        return found

    return search


def looked_up(corpus: Corpus) -> Callable[[Sequence[str]], Vectors]:
    """Give a function that gives the vectors of texts."""
    rows = dict(zip(corpus.texts, corpus.vectors, strict=True)) | corpus.asked

    def transform(texts: Sequence[str]) -> Vectors:
        return np.array([rows[text] for text in texts], np.float32)

    return transform


# ---------------------------------------------------------------- the service

PEERS: Final = {"LanceDB": (lance_make, lance_open), "txtai": (txtai_make, txtai_open)}


def service(search: Search) -> Starlette:
    async def answer(request: Request) -> JSONResponse:
        asked = await request.json()
        found = await run_in_threadpool(search, asked["query"], asked.get("mode") == "dense")
        return JSONResponse({"results": [{"id": int(row["id"]), "text": row["text"]} for row in found]})

    return Starlette(routes=[Route("/search", answer, methods=["POST"])])


def main() -> None:
    action, peer, corpus_folder, folder, *port = sys.argv[1:]
    make, opened = PEERS[peer]
    corpus, place = Corpus(Path(corpus_folder)), Path(folder)
    if action == "make":
        if not (place / "made").exists():
            place.mkdir(parents=True, exist_ok=True)
            make(corpus, place)
            (place / "made").touch()
        return
    uvicorn.run(service(opened(corpus, place)), host="127.0.0.1", port=int(port[0]), log_level="warning")


if __name__ == "__main__":
    main()
