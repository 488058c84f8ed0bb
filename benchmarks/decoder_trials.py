"""What the 4-bit decoder could be instead of what is built: size, speed and perplexity, in turns in one run.

Zero points a block, scales that reach to the largest value as the library's exporter takes them, an output layer in
four bits; beside what is built and the exporter's folder.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, Literal

import numpy as np

from generation import QUESTIONS, WRITTEN, Open, Write, measured_in_turns, opened, prompt
from groundsel_pipelines.models.graphs import llama
from groundsel_pipelines.models.graphs.building import MICROSOFT, GraphBuilder
from groundsel_pipelines.models.graphs.checkpoints import open_checkpoint
from groundsel_pipelines.models.graphs.quantising import BLOCK, nibbles, quantise
from groundsel_pipelines.models.graphs.weights import Floats
from groundsel_pipelines.models.language_model import OnnxLanguageModel
from groundsel_pipelines.models.manifest import Manifest
from makers import SETTINGS, WRITER, kept_or_scratch, made, writer_by
from perplexity import TOKENS, graph_logits, perplexity, some_tokens
from reporting import Row, clock_of, report, timed_arguments

REPEAT: Final = 3  # of the evidence in a prompt
ROUNDS: Final = 3

FourBits = Callable[[Floats], list[np.ndarray]]
"""From a weight of shape (outputs, inputs) to what MatMulNBits takes: values, scales, perhaps zero points."""


def fitted(weight: Floats) -> list[np.ndarray]:
    """Give what is built."""
    blocks = quantise(weight, 4)
    return [blocks.packed, blocks.scales]


def to_the_largest(weight: Floats) -> list[np.ndarray]:
    """Let the value of the largest magnitude be the lowest step, and leave the scale at that."""
    blocks = weight.reshape(len(weight), -1, BLOCK)
    scales = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=-1, keepdims=True), axis=-1) / -8
    values = np.clip(np.rint(blocks / np.where(scales == 0, 1, scales)) + 8, 0, 15).astype(np.uint8)
    return [nibbles(values), scales[..., 0].astype(np.float32)]


def with_zero_points(weight: Floats) -> list[np.ndarray]:
    """Let the 16 steps reach from the least to the largest value of a block."""
    blocks = weight.reshape(len(weight), -1, BLOCK)
    low, high = (np.minimum(blocks.min(-1, keepdims=True), 0), np.maximum(blocks.max(-1, keepdims=True), 0))
    scales = (high - low) / 15
    safe = np.where(scales == 0, 1, scales)
    zeros = np.rint(-low / safe)
    values = np.clip(np.rint(blocks / safe) + zeros, 0, 15).astype(np.uint8)
    return [nibbles(values), scales[..., 0].astype(np.float32), nibbles(zeros[..., 0].astype(np.uint8))]


class Trial(llama.Decoder):
    """The decoder with other four bits, and perhaps an output layer of four bits that the embedding shares."""

    how: FourBits
    head_bits: int

    def _embed(self) -> str:
        if self.head_bits == llama.HEAD_BITS:
            return super()._embed()
        size = (self._shape.vocabulary, self._shape.hidden)
        packed, scales, *zeros = self._blocks("head", size, 4)
        flat = self._graph.node("Reshape", [packed, self._graph.integers(size[0], -1)], "head.flat")
        return self._graph.node(
            "GatherBlockQuantized", [flat, "input_ids", scales, *zeros], "embedded", domain=MICROSOFT,
            bits=4, block_size=BLOCK, gather_axis=0, quantize_axis=1,
        )  # fmt: skip

    def _bits(self, name: str) -> Literal[4, 8]:
        return 4 if name == "head" and self.head_bits == 4 else super()._bits(name)  # noqa: PLR2004 - bits

    def _blocks(self, name: str, size: tuple[int, int], bits: Literal[4, 8]) -> list[str]:
        if bits == 8:  # noqa: PLR2004 - bits
            return super()._blocks(name, size, bits)
        names = [f"{name}.packed", f"{name}.scales", f"{name}.zero_points"]
        parts = self.how(self._weight(name, size)) if names[0] not in self._graph else []
        for part, stored in zip(names, parts, strict=False):
            self._graph.weight(part, stored)
        return [part for part in names if part in self._graph]


TRIALS: Final[dict[str, tuple[FourBits, int]]] = {
    "as built": (fitted, llama.HEAD_BITS),
    "scales to the largest value": (to_the_largest, llama.HEAD_BITS),
    "zero points": (with_zero_points, llama.HEAD_BITS),
    "output layer in 4 bits": (fitted, 4),
    "output layer in 4 bits, scales to the largest value": (to_the_largest, 4),
}


def write_trial(how: FourBits, head_bits: int, weights: Path, folder: Path) -> None:
    checkpoint, graph = open_checkpoint(weights), GraphBuilder("decoder", folder / "model.onnx")
    trial = Trial(graph, checkpoint, "int4", frozenset())
    trial.how, trial.head_bits = how, head_bits
    trial.build()
    graph.save()
    llama.write_companions(checkpoint, weights, folder)


def opened_trial(folder: Path, manifest: Manifest) -> Write:
    model = OnnxLanguageModel(folder, manifest, threads=SETTINGS.threads)
    return partial(model.decoder.generate, max_tokens=WRITTEN, shortcuts=False)


def main() -> None:
    parser = timed_arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the models stay for the next run")
    parser.add_argument("--perplexity", action="store_true", help="also measure what four bits cost (takes minutes)")
    options = parser.parse_args()
    with kept_or_scratch(options.keep) as folder:
        places = {name: folder / name.replace(" ", "-") for name in TRIALS}
        models: dict[str, Open] = {}
        for name, place in places.items():
            manifest = made(WRITER, "int4", place, partial(write_trial, *TRIALS[name]))
            models[name] = partial(opened_trial, place / WRITER, manifest)
        places["the library exporter's"] = folder / "library-int4"
        asked = writer_by("library", "int4", places["the library exporter's"])
        models["the library exporter's"] = partial(opened, "library", "int4", places["the library exporter's"])
        prompts = [asked.prompt_ids(prompt(question, repeat=REPEAT)) for question in QUESTIONS]
        speeds = measured_in_turns(models, prompts, clock_of(options), rounds=ROUNDS)
        of_library = median(writing for _, writing in speeds["the library exporter's"])
        ids = some_tokens() if options.perplexity else []
        table: list[Row] = []
        for name, figures in speeds.items():
            reading, writing = (median(each) for each in zip(*figures, strict=True))
            table.append(
                {
                    "four bits": name,
                    "MB": sum(file.stat().st_size for file in (places[name] / WRITER).glob("model.onnx*")) / 1e6,
                    "prefill tokens/s": reading,
                    "decode tokens/s": writing,
                    "times the library's": writing / of_library,
                    **(
                        {f"perplexity, {TOKENS} tokens": perplexity(graph_logits(places[name] / WRITER), ids)}
                        if options.perplexity
                        else {}
                    ),
                }
            )
    report("Trials of the decoder in four bits", table, json_file=options.json)


if __name__ == "__main__":
    main()
