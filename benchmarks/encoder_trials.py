"""What else could make the embedder faster or smaller, beside what is built in: the figures behind the choices.

8-bit blocks (MatMulNBits) instead of dynamic int8 per channel; a word table in full precision; all threads on one
batch instead of a thread a batch; one thread. Packing texts without padding has no operator on processors
(PackedAttention is CUDA's alone): how much of a batch is padding is printed.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import numpy as np
import onnxruntime

from corpora import rows
from embedding import seconds_each
from groundsel_pipelines.models.embedder import OnnxEmbedder
from groundsel_pipelines.models.encoder_session import batches
from groundsel_pipelines.models.graphs.building import MICROSOFT, GraphBuilder
from groundsel_pipelines.models.graphs.dynamic_int8 import in_precision
from groundsel_pipelines.models.graphs.encoder import Encoder
from groundsel_pipelines.models.graphs.encoder_checkpoints import open_encoder
from groundsel_pipelines.models.graphs.heads import add_embedding_head
from groundsel_pipelines.models.graphs.quantising import BLOCK, quantise
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.pulling import weights_on_disk
from makers import EMBEDDER, SETTINGS, described, make_encoder
from reporting import Row, clock_of, report, shared_data, timed_arguments

SETS: Final = ("beir-scifact", "cacm", "xquad-en")
PASSAGES: Final = 100  # of each set


class BlockEncoder(Encoder):
    """The same encoder with weights in 8-bit blocks: every product is a MatMulNBits."""

    def _product(self, name: str, states: str, size: tuple[int, int]) -> str:
        blocks = quantise(self._checkpoint.weight(name, size), 8)
        packed = self._graph.weight(f"{name}.packed", blocks.packed)
        scales = self._graph.weight(f"{name}.scales", blocks.scales)
        return self._graph.node(
            "MatMulNBits", [states, packed, scales], f"{name}.product", domain=MICROSOFT,
            K=size[1], N=size[0], bits=8, block_size=BLOCK, accuracy_level=4,
        )  # fmt: skip

    def _attend(self, layer: int, states: str, mask: str) -> str:
        size = (self._shape.hidden, self._shape.hidden)
        parts = [self._product(f"{layer}.{part}", states, size) for part in ("q", "k", "v")]
        inputs = [*parts, self._joined_bias(layer), mask]
        name = f"{layer}.attended"
        return self._graph.node("MultiHeadAttention", inputs, name, domain=MICROSOFT, num_heads=self._shape.heads)


def make_variant(models: Path, precision: Literal["fp32", "int8"], encoder: type[Encoder]) -> Manifest:
    """Write the embedder by another encoder's graph; its word table is in full precision."""
    weights, folder = weights_on_disk(SETTINGS.folder, EMBEDDER).path, models / EMBEDDER
    folder.mkdir(parents=True)
    checkpoint = open_encoder(weights)
    with in_precision(folder / "model.onnx", precision) as file:
        graph = GraphBuilder("encoder", file)
        add_embedding_head(graph, weights, encoder(graph, checkpoint).build(), checkpoint.shape.hidden)
        graph.save()
    shutil.copyfile(weights / "tokenizer.json", folder / "tokenizer.json")
    return described(EMBEDDER, "int8", folder)


class OneBatchAtOnce(OnnxEmbedder):
    """Embeds batch after batch, each with a thread a core."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        super().__init__(folder, manifest, threads=1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session._session = onnxruntime.InferenceSession(folder / "model.onnx", options)  # noqa: SLF001 - what it replaces


def padding(embedder: OnnxEmbedder, texts: Sequence[str]) -> float:
    """Give the share of the tokens computed that are padding."""
    lengths = [len(each.ids) for each in embedder._tokenizer.encode_batch(list(texts))]  # noqa: SLF001 - what it sees
    computed = sum(len(part) * lengths[part[0]] for part in batches(lengths, at_once=1))
    return 1 - sum(lengths) / computed


def trials(scratch: Path) -> dict[str, OnnxEmbedder]:
    made = {
        "fp32": (make_encoder("groundsel", "fp32", scratch / "fp32"), scratch / "fp32"),
        "int8 as it is built": (make_encoder("groundsel", "int8", scratch / "int8"), scratch / "int8"),
        "int8, words in full precision": (make_variant(scratch / "full", "int8", Encoder), scratch / "full"),
        "8-bit blocks": (make_variant(scratch / "blocks", "fp32", BlockEncoder), scratch / "blocks"),
    }
    opened = {
        name: OnnxEmbedder(models / EMBEDDER, manifest, threads=SETTINGS.threads)
        for name, (manifest, models) in made.items()
    }
    manifest, models = made["int8 as it is built"]
    opened["int8, one thread"] = OnnxEmbedder(models / EMBEDDER, manifest, threads=1)
    opened["int8, all threads on a batch"] = OneBatchAtOnce(models / EMBEDDER, manifest, threads=SETTINGS.threads)
    for name, (_, models) in made.items():
        print(name, f"{sum(file.stat().st_size for file in (models / EMBEDDER).glob('model.onnx*')) / 1e6:.1f} MB")
    return opened


def main() -> None:
    options = timed_arguments((__doc__ or "").partition("\n")[0]).parse_args()
    table: list[Row] = []
    with TemporaryDirectory() as scratch:
        opened = trials(Path(scratch))
        for name in SETS:
            texts = [row["text"] for row, _ in zip(rows(shared_data(name) / "corpus.jsonl.gz"), range(PASSAGES))]  # noqa: B905 - the first ones
            seconds = seconds_each(
                {each: embedder.embed_passages for each, embedder in opened.items()}, texts, clock_of(options)
            )
            reference = opened["fp32"].embed_passages(texts)
            for each, embedder in opened.items():
                cosines = np.sum(embedder.embed_passages(texts) * reference, axis=1)
                row: Row = {
                    "set": name,
                    "embedder": each,
                    "passages/s": len(texts) / seconds[each],
                    "times int8": seconds["int8 as it is built"] / seconds[each],
                    "mean cosine": float(cosines.mean()),
                    "padding, %": 100 * padding(embedder, texts),
                }
                table.append(row)
                print(row, flush=True)
    report("Trials of the embedder", table, json_file=options.json)


if __name__ == "__main__":
    main()
