"""What filters cost in recall: the nearest passages under them, against an exact search, over both stores.

Every question is asked twice: as it is, and in words that no document holds, so that only meaning is left. The stores
are those that `beside_elasticsearch.py index` has filled.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import anyio
import numpy as np

from beside_elasticsearch import PREFIX, stores_of
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.types import Query
from node import own_indices
from reporting import Row, arguments, report
from store import PASSAGES_A_DOCUMENT, SHARES, Corpus

TOP: Final = 10
ASKED: Final = 50  # questions
NOWHERE: Final = "xqzv wqzk"


def nearest_documents(corpus: Corpus, number: int, share: int) -> Sequence[int]:
    """Give the documents of the nearest passages among those that the asker may see, compared in float32."""
    scores = np.where(corpus.shares < share, corpus.vectors @ corpus.question_vectors[number], -np.inf)
    best = scores.reshape(-1, PASSAGES_A_DOCUMENT).max(axis=1)
    found: list[int] = np.argsort(-best)[:TOP].tolist()
    return found


async def recalled(store: Store, corpus: Corpus, share: int, *, worded: bool) -> float:
    found = 0
    for number in range(ASKED):
        text = corpus.questions[number] if worded else NOWHERE
        query = Query(text=text, principals=frozenset({f"group:{share}"}), top_k=100)
        both = await store.search_both(query, corpus.question_vectors[number : number + 1], seconds=60)
        if isinstance(both.dense, Exception):
            raise both.dense
        documents = list(dict.fromkeys(int(hit.passage.doc_id.rpartition("/")[2]) for hit in both.dense))[:TOP]
        found += len(set(documents) & set(nearest_documents(corpus, number, share)))
    return found / (ASKED * TOP)


async def measure(passages: int, folder: Path) -> list[Row]:
    corpus = Corpus(passages)
    rows: list[Row] = []
    async with own_indices(f"{PREFIX}{passages}") as cluster:
        for engine, store in stores_of(cluster, folder / str(passages)).items():
            await store.prepare()
            for share in SHARES:
                with_words = await recalled(store, corpus, share, worded=True)
                without = await recalled(store, corpus, share, worded=False)
                rows.append({"engine": engine, "visible %": share, "recall@10": with_words, "no shared word": without})
            await store.close()
    return rows


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--passages", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "groundsel-beside")
    options = parser.parse_args()
    rows = anyio.run(measure, options.passages, options.folder)
    report(f"Recall under filters, {options.passages:,} passages", rows, json_file=options.json)


if __name__ == "__main__":
    main()
