"""Installs an adapter: composes it with its base, writes the graph, and checks it against the trained weights."""

import json
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
from groundsel_pipelines.models.differences import FILE as ADAPTER
from groundsel_pipelines.models.differences import apply_differences
from groundsel_pipelines.models.exporting import Progress, Weights
from groundsel_pipelines.models.graphs.encoder import Head, write_encoder
from groundsel_pipelines.models.graphs.safetensors_weights import SafetensorsWeights
from groundsel_pipelines.models.manifest import Manifest, is_ready, sha256_of_all, write_manifest
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
        compose(base.path, adapter, Path(scratch) / "composed")
        write_encoder(Path(scratch) / "composed", target, precision=precision, head=HEADS[about.role])
        shutil.copyfile(base.path / "tokenizer.json", target / "tokenizer.json")
        shutil.copyfile(adapter / CARD, target / CARD)
        progress(f"checking {about.name}", 0.8)
        distance = farness(target, about)
        if not distance <= FARTHEST:
            raise InvalidInput(
                f"the adapter {about.name!r} gives scores that are {distance:.2f} standard deviations from those it "
                f"was trained to give, on average; more than {FARTHEST} is refused"
            )
        manifest = _manifest(about, base, precision, distance)
        write_manifest(target, replace(manifest, files=sha256_of_all(target)))
        _replace(folder, about.name, target)
    progress("done", 1.0)
    return manifest


def compose(base: Path, adapter: Path, target: Path) -> None:
    """Write the checkpoint of base and adapter together, as any other of its architecture."""
    target.mkdir()
    shutil.copyfile(base / "config.json", target / "config.json")
    tensors = dict(apply_differences(SafetensorsWeights.open(base), adapter))
    save_file({name: np.ascontiguousarray(values) for name, values in tensors.items()}, target / "model.safetensors")


def farness(target: Path, about: AdapterManifest) -> float:
    """Give the mean distance between the scores of the graph and those of the trained weights, over the probes.

    In standard deviations of the latter, of one unit at least: scores that are all alike say nothing about distance.
    """
    model = PairModel(target, max_tokens=about.max_tokens, threads=0)
    found = model.run([(probe.first, probe.second) for probe in about.probes])
    expected = np.array([probe.scores for probe in about.probes])
    gaps = np.abs(np.array([each.scores for each in found]) - expected)
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


def _manifest(about: AdapterManifest, base: Weights, precision: Literal["fp32", "int8"], distance: float) -> Manifest:
    config = json.loads((base.path / "config.json").read_text(encoding="utf-8"))
    return Manifest(
        name=about.name,
        role=about.role,
        source=f"adapter {about.recipe} over {base.source}",
        licence=about.licence,
        architecture=config["model_type"],
        precision=precision,
        max_tokens=about.max_tokens,
        base=about.base,
        forced=about.forced,
        figures={name: each["own"][0] for name, each in about.figures.items() if isinstance(each, dict)},
        checks={"probe_distance": round(distance, 4), **about.settings},
        weights={**base.hashes, ADAPTER: about.weights},
    )


def _short(hashes: object) -> str:
    return ", ".join(str(each)[:12] for each in dict(hashes).values()) if hashes else "none"  # type: ignore[call-overload]
