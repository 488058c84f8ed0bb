"""Installs an adapter: composes it with its base, writes the graph, and checks it against the trained weights."""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import numpy as np
from safetensors.numpy import save_file

from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.models.adapter_manifest import (
    CARD,
    AdapterManifest,
    lacking,
    read_adapter_manifest,
)
from groundsel_pipelines.models.bases import ensure_base, products_of
from groundsel_pipelines.models.describing import architecture_of
from groundsel_pipelines.models.differences import FILE as ADAPTER
from groundsel_pipelines.models.differences import apply_differences
from groundsel_pipelines.models.exporting import Progress, Weights
from groundsel_pipelines.models.graphs.encoder import Head, write_encoder
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.low_rank import SCALE, read_low_rank, require_of_base, write_for_runtime
from groundsel_pipelines.models.manifest import (
    DECODER_ROLES,
    RUNTIME_ADAPTER,
    Manifest,
    is_ready,
    sha256_of_all,
    write_manifest,
)
from groundsel_pipelines.models.pairs import PairModel
from groundsel_pipelines.models.pulling import weights_on_disk

HEADS: Final[dict[str, Head]] = {"reader": "spans", "verifier": "scores", "reranker": "scores"}
FORMER: Final = ".former"  # beside the model folders: what an installation replaced, for a way back
# Mean distance of the probes' scores in their standard deviations: four bits of difference and int8 move them by .05 to
# .15, a wrong base or a damaged file by a whole one.
FARTHEST: Final = 0.25


def install_adapter(
    folder: Path, adapter: Path, *, progress: Progress, precision: Literal["fp32", "int8"] = "int8"
) -> Manifest:
    """Make the model folder of an adapter, whole or not at all; the one it replaces is kept for `roll_back`.

    Raises:
        UnknownName: its base is not on disk.
        InvalidInput: it is damaged, of another base, or its graph does not give what the trained weights gave.

    """
    about = read_adapter_manifest(adapter)
    base = weights_on_disk(folder, about.base)
    if dict(base.hashes) != dict(about.base_weights):
        raise InvalidInput(
            f"the adapter {about.name!r} was trained over {about.base} with the sha256 {_short(about.base_weights)}; "
            f"the one on disk has {_short(base.hashes)}: train the adapter again over this base"
        )
    with TemporaryDirectory(dir=folder, prefix=".install-") as scratch:
        target = Path(scratch) / "target"
        target.mkdir()
        progress(f"writing {about.name} over {about.base}", 0.1)
        graph = write_writer if about.role in DECODER_ROLES else write_reader
        stands_over = graph(folder, base, adapter, about, target, precision)
        shutil.copyfile(adapter / CARD, target / CARD)
        progress(f"checking {about.name}", 0.8)
        manifest = _manifest(about, base, precision, stands_over)
        manifest = replace(manifest, files=sha256_of_all(target))
        distance = farness(target, about, manifest, stands_over)
        if not distance <= FARTHEST:
            raise InvalidInput(
                f"the adapter {about.name!r} gives scores that are {distance:.2f} standard deviations from those it "
                f"was trained to give, on average; more than {FARTHEST} is refused"
            )
        manifest = replace(manifest, checks={"probe_distance": round(distance, 4), **about.settings})
        write_manifest(target, manifest)
        _replace(folder, about.name, target)
    progress("done", 1.0)
    return manifest


def write_reader(
    _: Path, base: Weights, adapter: Path, about: AdapterManifest, target: Path, precision: Literal["fp32", "int8"]
) -> None:
    """Write the graph of an encoder and its adapter together, which stands alone."""
    composed = target.parent / "composed"
    compose(base.path, adapter, composed)
    write_encoder(composed, target, precision=precision, head=HEADS[about.role])
    shutil.copyfile(base.path / "tokenizer.json", target / "tokenizer.json")


def write_writer(
    folder: Path,
    base: Weights,
    adapter: Path,
    _: AdapterManifest,
    target: Path,
    precision: Literal["fp32", "int8"],
) -> Path:
    """Write what an adapter adds to its base's graph while both are loaded, and give the folder of that graph.

    Raises:
        InvalidInput: it adds to what the base has not.

    """
    matrices = dict(read_low_rank(adapter))
    require_of_base(matrices, products_of(base.path), adapter)
    write_for_runtime(matrices, SCALE, target / RUNTIME_ADAPTER)
    return ensure_base(folder, base, precision)


def compose(base: Path, adapter: Path, target: Path) -> None:
    """Write the checkpoint of base and adapter together, as any other of its architecture."""
    target.mkdir()
    shutil.copyfile(base / "config.json", target / "config.json")
    tensors = dict(apply_differences(SafetensorsWeights.open(base), adapter))
    save_file({name: np.ascontiguousarray(values) for name, values in tensors.items()}, target / "model.safetensors")


def farness(target: Path, about: AdapterManifest, manifest: Manifest, stands_over: Path | None) -> float:
    """Give the mean distance between the scores of the graph and those of the trained weights, over the probes.

    Of a decoder, whose graph `stands_over` is the folder of, the scores are log-probabilities.

    In standard deviations of the latter, of one unit at least: scores that are all alike say nothing about distance.
    """
    if stands_over:
        from groundsel_pipelines.models.language_model import OnnxLanguageModel  # noqa: PLC0415 - a slow library

        writer = OnnxLanguageModel(stands_over, manifest, threads=0, adapter=target / RUNTIME_ADAPTER)
        scores = [writer.likelihoods(probe.first, probe.second) for probe in about.probes]
    else:
        pairs = [(probe.first, probe.second) for probe in about.probes]
        model = PairModel(target, max_tokens=about.max_tokens, threads=0)
        scores = [list(map(float, each.scores)) for each in model.run(pairs)]
    expected = np.array([score for probe in about.probes for score in probe.scores])
    gaps = np.abs(np.array([score for found in scores for score in found]) - expected)
    return float(np.mean(gaps) / max(1.0, float(expected.std())))


def install_shipped(folder: Path, *, progress: Progress) -> None:
    """Install the adapters that travel with the package, where their base is on disk; those that are stay as they are.

    One that an earlier version of the package brought is replaced, and kept for `roll_back`.
    """
    for adapter in lacking(folder):
        if is_ready(folder, read_adapter_manifest(adapter).base):
            install_adapter(folder, adapter, progress=progress)


def roll_back(folder: Path, name: str) -> None:
    """Put the model that the last installation replaced in its place again; once more, and it is undone.

    Raises:
        UnknownName: nothing was replaced.

    """
    former = folder / FORMER / name
    if not former.exists():
        raise UnknownName(f"there is no former {name!r}: no installation has replaced it")
    with TemporaryDirectory(dir=folder, prefix=".install-") as scratch:
        former.rename(Path(scratch) / name)
        _replace(folder, name, Path(scratch) / name)


def _replace(folder: Path, name: str, target: Path) -> None:
    """Swap two folders by renaming: a process that has the former one open keeps reading it."""
    if (folder / name).exists():
        kept = folder / FORMER / name
        kept.parent.mkdir(exist_ok=True)
        shutil.rmtree(kept, ignore_errors=True)
        (folder / name).rename(kept)
    target.rename(folder / name)


def _manifest(
    about: AdapterManifest, base: Weights, precision: Literal["fp32", "int8"], stands_over: Path | None
) -> Manifest:
    return Manifest(
        name=about.name,
        role=about.role,
        source=f"adapter {about.recipe} over {base.source}",
        licence=about.licence,
        architecture=architecture_of(base.path),
        precision=precision,
        max_tokens=about.max_tokens,
        base=about.base,
        stands_over=stands_over.name if stands_over else "",
        forced=about.forced,
        figures={name: each["own"][0] for name, each in about.figures.items() if isinstance(each, dict)},
        weights={**base.hashes, ADAPTER: about.weights},
    )


def _short(hashes: object) -> str:
    return ", ".join(str(each)[:12] for each in dict(hashes).values()) if hashes else "none"  # type: ignore[call-overload]
