"""Embedding beside sentence-transformers in float32, in one run: speed, nearness of vectors, SciFact by each alone."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast

import ir_measures
import numpy as np
from ir_measures import nDCG

from corpora import rows
from groundsel_pipelines.evaluating.beir import read_qrels
from groundsel_pipelines.models.loading import load_embedder
from groundsel_pipelines.models.manifest import read_manifest
from groundsel_pipelines.models.pulling import weights_on_disk
from groundsel_pipelines.types import Vectors
from makers import EMBEDDER, SETTINGS, embedder_by, kept_or_scratch
from reporting import Clock, Row, clock_of, report, shared_data, timed_arguments

PASSAGES = 500
ROUNDS = 3
TOP_K = 100

Embed = Callable[[Sequence[str]], Vectors]


def seconds_each(embedders: Mapping[str, Embed], texts: Sequence[str], clock: Clock) -> dict[str, float]:
    """Give the best of three rounds, taken in turns, so that both meet the same machine."""
    best = dict.fromkeys(embedders, float("inf"))
    for _ in range(ROUNDS):
        for name, embed in embedders.items():
            began = clock()
            embed(texts)
            best[name] = min(best[name], clock() - began)
    return best


def ndcg(embed: Embed) -> float:
    """Rank SciFact's abstracts, each whole, by cosine alone."""
    folder = shared_data("beir-scifact")
    qrels = read_qrels(folder / "qrels" / "test.tsv")
    abstracts = list(rows(folder / "corpus.jsonl.gz"))
    claims = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl.gz") if row["_id"] in qrels}
    found = embed([f"{row['title']}\n{row['text']}" for row in abstracts])
    scores = embed(list(claims.values())) @ found.T
    run = {
        query_id: {abstracts[index]["_id"]: float(line[index]) for index in np.argpartition(-line, TOP_K)[:TOP_K]}
        for query_id, line in zip(claims, scores, strict=True)
    }
    return float(ir_measures.calc_aggregate([nDCG @ 10], qrels, run)[nDCG @ 10])


def main() -> None:
    parser = timed_arguments(__doc__ or "")
    parser.add_argument("--ndcg", action="store_true", help="also rank SciFact by each (takes some minutes)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the library's model stays for the next run")
    parser.add_argument("--passages", type=int, default=PASSAGES, help="how many abstracts to time")
    options = parser.parse_args()
    import sentence_transformers
    import torch

    torch.set_num_threads(SETTINGS.threads or torch.get_num_threads())
    ours = load_embedder(SETTINGS.folder, EMBEDDER, threads=SETTINGS.threads)
    precision = cast('Literal["fp32", "int8"]', read_manifest(SETTINGS.folder, EMBEDDER).precision)
    with kept_or_scratch(options.keep) as folder:  # the weights stay mapped after the file is removed
        library = embedder_by("library", precision, folder / f"library-{precision}")
    weights = weights_on_disk(SETTINGS.folder, EMBEDDER).path
    peer: Any = sentence_transformers.SentenceTransformer(str(weights), device="cpu")
    by_peer = partial(peer.encode, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
    abstracts = rows(shared_data("beir-scifact") / "corpus.jsonl.gz")
    texts = [row["text"] for row in islice(abstracts, options.passages)]
    embedders: dict[str, Embed] = {
        f"groundsel {precision}": ours.embed_passages,
        f"the library exporter's graph, {precision}": library.embed_passages,
        f"sentence-transformers fp32, torch {torch.__version__}, {torch.get_num_threads()} threads": by_peer,
    }
    seconds = seconds_each(embedders, texts, clock_of(options))
    slowest = list(seconds.values())[-1]
    reference = by_peer(texts)
    table: list[Row] = []
    for name, embed in embedders.items():
        cosines = np.sum(embed(texts) * reference, axis=1)
        figures: dict[str, object] = {
            "embedder": name,
            "passages/s": len(texts) / seconds[name],
            "times the peer": slowest / seconds[name],
            "mean cosine": float(cosines.mean()),
            "least cosine": float(cosines.min()),
        }
        table.append(figures | ({"SciFact nDCG@10": ndcg(embed)} if options.ndcg else {}))
    report(f"Embedding {len(texts)} abstracts", table, json_file=options.json)


if __name__ == "__main__":
    main()
