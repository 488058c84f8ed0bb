"""Exports weights to a model folder: candidates are written and measured on this processor, the best is kept."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, cast

import numpy as np

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.describing import (
    architecture_of,
    dimensions_of,
    encoder_tokens,
    parameters_of,
    pooling_of,
    prefixes_of,
    runtime_facts,
)
from groundsel_pipelines.models.graphs.encoder import Head, write_encoder
from groundsel_pipelines.models.graphs.llama import write_decoder
from groundsel_pipelines.models.graphs.weights import NoGraphWriter, read_config
from groundsel_pipelines.models.library_graphs import (
    require_libraries,
    write_decoder_by_library,
    write_encoder_by_library,
    write_reranker_by_library,
)
from groundsel_pipelines.models.manifest import Manifest, Precision, Role, sha256_of_all, write_manifest
from groundsel_pipelines.models.measuring import mean_cosine, measure_decoder, measure_encoder, measure_pairs
from groundsel_pipelines.models.tokens import read_tokenizer

Progress = Callable[[str, float], None]
"""Told what is being done and how much of the whole is done, 0 to 1."""

LEAST_COSINE: Final = 0.99  # to full precision, on average: below it rankings begin to change
LEAST_CORRELATION: Final = 0.99  # of a reranker's scores to those in full precision
LEAST_GAIN: Final = 1.1  # times faster; for less, full precision is kept
SMALL: Final = 500_000_000  # parameters below which four bits cost answers: int8 stays within noise of fp32


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights on disk and what is known of them."""

    name: str
    path: Path  # a folder with config.json, or one GGUF file
    role: Role
    source: str
    licence: str
    hashes: Mapping[str, str]
    query_prefix: str = ""
    passage_prefix: str = ""
    languages: tuple[str, ...] = ()


def export(weights: Weights, target: Path, *, precision: Precision | None, progress: Progress) -> Manifest:
    """Write the model folder `target`, whole or not at all; `precision` None takes the best by measurement.

    Raises:
        InvalidInput: the weights are damaged, of an unknown architecture, or do not belong to their tokenizer.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".export-") as scratch:
        write = {"embed": export_encoder, "reranker": export_reranker}.get(weights.role, export_decoder)
        chosen, manifest = write(weights, Path(scratch), precision, progress)
        manifest = replace(manifest, files=sha256_of_all(chosen))
        write_manifest(chosen, manifest)
        if target.exists():
            target.rename(Path(scratch) / "former")  # removed together with the scratch folder
        chosen.rename(target)
    progress("done", 1.0)
    return manifest


def export_encoder(
    weights: Weights, scratch: Path, precision: Precision | None, progress: Progress
) -> tuple[Path, Manifest]:
    """Write float32 and int8; unless a precision is named, keep int8 when it is faster and near enough."""
    folders = write_both(weights, scratch, precision, "embedding", progress)
    prefixes = prefixes_of(weights.path)
    manifest = Manifest(
        name=weights.name,
        role="embed",
        source=weights.source,
        licence=weights.licence,
        architecture=architecture_of(weights.path),
        precision="fp32",
        max_tokens=encoder_tokens(weights.path),
        dimensions=dimensions_of(folders["fp32"] / "model.onnx"),
        pooling=pooling_of(weights.path),
        query_prefix=weights.query_prefix or prefixes.query,
        passage_prefix=weights.passage_prefix or prefixes.passage,
        languages=weights.languages,
        weights=weights.hashes,
    )
    progress(f"measuring {weights.name} on this processor", 0.5)
    full = measure_encoder(folders["fp32"], manifest)
    progress(f"measuring {weights.name} on this processor", 0.8)
    small = measure_encoder(folders["int8"], manifest)
    checks = {
        "fp32_texts_per_second": round(full.texts_per_second, 1),
        "int8_texts_per_second": round(small.texts_per_second, 1),
        "int8_mean_cosine": round(mean_cosine(small.vectors, full.vectors), 5),
    }
    chosen = precision or better(checks, "texts_per_second", near=checks["int8_mean_cosine"] >= LEAST_COSINE)
    return folders[chosen], replace(manifest, precision=chosen, checks=checks)


def export_reranker(
    weights: Weights, scratch: Path, precision: Precision | None, progress: Progress
) -> tuple[Path, Manifest]:
    """Write a cross-encoder as `export_encoder` does; int8 is near enough when its scores move with those of fp32."""
    folders = write_both(weights, scratch, precision, "scores", progress)
    tokens = encoder_tokens(weights.path)
    progress(f"measuring {weights.name}", 0.6)
    full, small = (measure_pairs(folders[name], max_tokens=tokens) for name in ("fp32", "int8"))
    checks = {
        "fp32_pairs_per_second": round(full.pairs_per_second, 1),
        "int8_pairs_per_second": round(small.pairs_per_second, 1),
        "int8_correlation": round(float(np.corrcoef(full.scores, small.scores)[0, 1]), 5),
    }
    chosen = precision or better(checks, "pairs_per_second", near=checks["int8_correlation"] >= LEAST_CORRELATION)
    return folders[chosen], Manifest(
        name=weights.name,
        role="reranker",
        source=weights.source,
        licence=weights.licence,
        architecture=architecture_of(weights.path),
        precision=chosen,
        max_tokens=tokens,
        checks=checks,
        weights=weights.hashes,
    )


def better(checks: Mapping[str, float], speed: str, *, near: bool) -> Precision:
    """Give int8 where it is near enough to full precision and faster by enough, else fp32."""
    return "int8" if near and checks[f"int8_{speed}"] >= LEAST_GAIN * checks[f"fp32_{speed}"] else "fp32"


def write_both(
    weights: Weights, scratch: Path, precision: Precision | None, head: Head, progress: Progress
) -> Mapping[Precision, Path]:
    """Write an encoder with its tokenizer in float32 and in int8, a folder each.

    Raises:
        InvalidInput: four bits are asked for, or the weights are not what they should be.

    """
    if precision == "int4":
        raise InvalidInput("encoders are exported as fp32 or int8; four bits are for language models")
    check_tokenizer(weights, weights.path, read_config(weights.path).size("vocab_size"))
    folders: dict[Precision, Path] = {}
    precisions: tuple[Literal["fp32", "int8"], ...] = ("fp32", "int8")
    for share, name in zip((0.0, 0.2), precisions, strict=True):
        progress(f"writing {weights.name} as {name}", share)
        folders[name] = scratch / name
        folders[name].mkdir()
        write_any_encoder(weights.path, folders[name], precision=name, head=head)
        shutil.copyfile(weights.path / "tokenizer.json", folders[name] / "tokenizer.json")
    return folders


def write_any_encoder(weights: Path, target: Path, *, precision: Literal["fp32", "int8"], head: Head) -> None:
    """Write an encoder by our own graph, or where there is none by its library's."""
    try:
        write_encoder(weights, target, precision=precision, head=head)
    except NoGraphWriter as reason:
        require_libraries(reason)
        write = write_encoder_by_library if head == "embedding" else write_reranker_by_library
        write(weights, target, precision=precision)


def export_decoder(
    weights: Weights, scratch: Path, precision: Precision | None, progress: Progress
) -> tuple[Path, Manifest]:
    """Write and measure the precisions that the model's size allows; keep the one that writes fastest."""
    candidates = (precision,) if precision else candidates_for(parameters_of(weights.path))
    checks: dict[str, float] = {}
    manifests: dict[Precision, Manifest] = {}
    for index, candidate in enumerate(candidates):
        progress(f"writing {weights.name} as {candidate}", index / len(candidates))
        folder = scratch / candidate
        folder.mkdir()
        write_any_decoder(weights.path, folder, precision=candidate)
        runtime = runtime_facts(folder)
        check_tokenizer(weights, folder, runtime.size("vocab_size"))
        manifests[candidate] = Manifest(
            name=weights.name,
            role="answer",
            source=weights.source,
            licence=weights.licence,
            architecture=architecture_of(weights.path),
            precision=candidate,
            max_tokens=runtime.size("context_length"),
            languages=weights.languages,
            weights=weights.hashes,
        )
        progress(f"measuring {weights.name} as {candidate}", (index + 0.8) / len(candidates))
        measured = measure_decoder(folder, manifests[candidate])
        checks |= {f"{candidate}_{figure}": value for figure, value in measured.items()}
    best = max(candidates, key=lambda candidate: checks[f"{candidate}_decode_tokens_per_second"])
    return scratch / best, replace(manifests[best], checks=checks)


def write_any_decoder(weights: Path, target: Path, *, precision: Precision) -> None:
    """Write a decoder by our own graph, or where there is none by its library's."""
    try:
        write_decoder(weights, target, precision=precision)
    except NoGraphWriter as reason:
        require_libraries(reason)
        shutil.rmtree(target)  # what our own writer had begun
        target.mkdir()
        write_decoder_by_library(weights, target, precision=precision)


def candidates_for(parameters: int) -> tuple[Precision, ...]:
    """Say which precisions are worth measuring: four bits only where they do not cost the answers' quality."""
    return ("int8",) if parameters < SMALL else cast("tuple[Precision, ...]", ("int4", "int8"))


def check_tokenizer(weights: Weights, folder: Path, vocabulary: int) -> None:
    """Refuse a tokenizer that gives ids which the model has no embedding for, or leaves most of them unused.

    Raises:
        InvalidInput: says both sizes and what to do.

    """
    size = read_tokenizer(folder / "tokenizer.json").get_vocab_size(with_added_tokens=True)
    if not vocabulary // 2 < size <= vocabulary:
        raise InvalidInput(
            f"the tokenizer of {weights.path} knows {size} tokens, the model {vocabulary}: "
            "they do not belong together; fetch both from the same place"
        )
