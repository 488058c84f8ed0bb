"""The graph of a decoder to which adapters add: written once, whatever the number of adapters over it."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from groundsel_pipelines.models.describing import architecture_of, runtime_facts
from groundsel_pipelines.models.exporting import Weights
from groundsel_pipelines.models.graphs.checkpoints import open_checkpoint
from groundsel_pipelines.models.graphs.llama import write_decoder
from groundsel_pipelines.models.manifest import BASES, Manifest, is_ready, sha256_of_all, write_manifest

PRODUCTS: Final = ("q", "k", "v", "o", "gate", "up", "down")  # all that an adapter may add to


def base_name(name: str, hashes: Mapping[str, str]) -> str:
    """Name a base by its weights: other weights are another base, and stand beside it."""
    return f"{name}-{next(iter(sorted(hashes.values())))[:12]}"


def ensure_base(folder: Path, base: Weights, precision: Literal["fp32", "int8"]) -> Path:
    """Write the graph of a base that takes adapters, unless it is there, and give its folder.

    Raises:
        InvalidInput: it is no decoder that has a graph writer, or its weights are damaged.

    """
    name = f"{base_name(base.name, base.hashes)}-{precision}"
    bases = folder / BASES
    if is_ready(bases, name):
        return bases / name
    bases.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=bases, prefix=".export-") as scratch:
        target = Path(scratch) / name
        target.mkdir()
        write_decoder(base.path, target, precision=precision, adapted=PRODUCTS)
        manifest = Manifest(
            name=name,
            role="answer",
            source=base.source,
            licence=base.licence,
            architecture=architecture_of(base.path),
            precision=precision,
            max_tokens=runtime_facts(target).size("context_length"),
            weights=base.hashes,
        )
        write_manifest(target, replace(manifest, files=sha256_of_all(target)))
        shutil.rmtree(bases / name, ignore_errors=True)  # one that was damaged
        target.rename(bases / name)
    return bases / name


def products_of(weights: Path) -> dict[str, tuple[int, int]]:
    """Give the shape, (outputs, inputs), of every product of a decoder: `3.gate`."""
    shape = open_checkpoint(weights).shape
    return {f"{layer}.{name}": size for layer in range(shape.layers) for name, size in shape.products.items()}
