"""How long passages should be and how far they overlap: nDCG@10 of both legs and of their fusion, set by set."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import anyio

from corpora import COLLECTION, default_embedder
from groundsel_pipelines.chunking import split
from groundsel_pipelines.chunking.passages import OVERLAP_TOKENS, PASSAGE_TOKENS
from groundsel_pipelines.composition import open_fusion
from groundsel_pipelines.evaluating.beir import corpus_documents
from groundsel_pipelines.evaluating.intervals import difference, mean_interval
from groundsel_pipelines.evaluating.judgments import ANYONE
from groundsel_pipelines.evaluating.preparing import Prepared
from groundsel_pipelines.evaluating.relevance import FIRST, score, values_of
from groundsel_pipelines.evaluating.retrieving import find
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.indexing import embed
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.stores.embedded import EmbeddedStore
from reporting import Row, arguments, report, shared_data

SETS: Final = ("cacm", "workarena-kb", "xquad-en", "xquad-de")  # their documents are texts in one file
SIZES: Final = ((PASSAGE_TOKENS, OVERLAP_TOKENS), (PASSAGE_TOKENS, 0), (PASSAGE_TOKENS, 60), (100, 20), (250, 30))
BATCH: Final = 64  # documents


async def scores(name: str, embedder: Embedder, size: tuple[int, int]) -> dict[str, list[float]]:
    """Index a set with passages of a size, and give each question's score by leg and for the fusion."""
    evaluation, settings = read_set(shared_data(name)), read_settings()
    budget, overlap = size
    doc_ids = {gold.name: f"{COLLECTION}/{gold.name}" for each in evaluation.questions for gold in each.gold}
    documents = list(corpus_documents(evaluation.corpus, collection=COLLECTION))
    with TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder), embedding_model=embedder.model_id, dimensions=embedder.dimensions)
        await store.prepare()
        for start in range(0, len(documents), BATCH):
            cut = [
                (each, split(each, embedder.tokens, budget=budget, overlap=overlap))
                for each in documents[start : start + BATCH]
            ]
            await store.write(await embed(cut, embedder))
        found = await find(
            evaluation.questions,
            Prepared(store=store, collection=COLLECTION, doc_ids=doc_ids),
            embedder=embedder,
            principals=ANYONE,
            top_k=settings.search.top_k,
            told=lambda *_: None,
        )
        await store.close()
    fusion = open_fusion(settings.search, embedder)
    by_ranking = score(found, doc_ids, {"fused": fusion}, measures=(FIRST,))
    return {ranking: values_of(by_ranking, ranking, FIRST) for ranking in by_ranking}


def measured(name: str, embedder: Embedder) -> list[Row]:
    rows: list[Row] = []
    first: dict[str, list[float]] = {}
    for size in SIZES:
        found = anyio.run(partial(scores, name, embedder, size))
        first = first or found
        rows.append(
            {
                "set": name,
                "tokens": size[0],
                "overlap": size[1],
                **{way: str(mean_interval(values)) for way, values in found.items()},
                "gain of fused": "" if size == SIZES[0] else str(difference(found["fused"], first["fused"])),
            }
        )
    return rows


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", choices=SETS, action="append", help="only this one; may be repeated")
    given = parser.parse_args()
    embedder = default_embedder()
    report("Passages", [row for name in given.set or SETS for row in measured(name, embedder)], json_file=given.json)


if __name__ == "__main__":
    main()
