"""What is known of an adapter: the base it changes, what it was trained on, its figures, and probes to check it by."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, get_args

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.differences import FILE as WEIGHTS
from groundsel_pipelines.models.manifest import DECODER_ROLES, is_ready, read_manifest, sha256

FILE: Final = "adapter.json"
FORMAT: Final = 1
CARD: Final = "CARD.md"
SILENT_FROM: Final = "silent_from"  # a setting: the log-probability of silence from which an answering model keeps it

AdapterRole = Literal["reader", "verifier", "reranker", "answer", "summarise", "rewrite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A pair of texts and what the trained weights make of it, in full precision.

    Of an encoder the scores of the pair; of a decoder the log-probability of each token of the second text, and of its
    end, after the first.
    """

    first: str
    second: str
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterManifest:
    """It stands beside `adapter.safetensors` as `adapter.json`."""

    name: str
    role: AdapterRole
    base: str  # a model of the catalogue
    base_weights: Mapping[str, str]  # sha256 of the base's weights, by file
    licence: str
    recipe: str  # fingerprint of the recipe it was trained by
    max_tokens: int  # of a pair; of a decoder's prompt and what it writes
    data: tuple[Mapping[str, Any], ...]  # file, rows and licence of each source
    figures: Mapping[str, Any]  # of the gate, on held-out rows
    probes: tuple[Probe, ...]
    weights: str  # sha256 of adapter.safetensors
    settings: Mapping[str, float] = field(default_factory=dict[str, float])  # fitted on held-out rows
    forced: bool = False  # kept although it did not win
    format: int = FORMAT


def write_adapter_manifest(folder: Path, manifest: AdapterManifest) -> None:
    (folder / FILE).write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_adapter_manifest(folder: Path) -> AdapterManifest:
    """Read the manifest of an adapter and compare its weights with it.

    Raises:
        InvalidInput: there is none, it cannot be read, or the weights are not those that it describes.

    """
    file = folder / FILE
    try:
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        probes = tuple(Probe(**{**each, "scores": tuple(each["scores"])}) for each in values.pop("probes"))
        manifest = AdapterManifest(**values, probes=probes)
    except FileNotFoundError:
        raise InvalidInput(f"{folder} holds no adapter: {FILE} is missing") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"{file} cannot be read ({error!r}); train it again: groundsel tune train") from None
    if manifest.format != FORMAT:
        raise InvalidInput(f"{file} has format {manifest.format}, this version reads {FORMAT}")
    if manifest.role not in get_args(AdapterRole):
        raise InvalidInput(f"{file} is of the role {manifest.role!r}; known are {', '.join(get_args(AdapterRole))}")
    found = sha256(folder / WEIGHTS) if (folder / WEIGHTS).is_file() else "missing"
    if found != manifest.weights:
        raise InvalidInput(f"{folder / WEIGHTS} has the sha256 {found}, not {manifest.weights}: it was changed")
    return manifest


def shipped() -> dict[str, Path]:
    """Give the adapters that travel with the package, by name."""
    root = Path(str(files("groundsel_pipelines").joinpath("adapters")))
    return {file.parent.name: file.parent for file in sorted(root.glob(f"*/{FILE}"))}


def lacking(folder: Path) -> tuple[Path, ...]:
    """Give the adapters that travel with the package and are not installed, or not as they are now.

    Those over a decoder, which need a second graph of it, and those that do not win over their baseline are only looked
    at where they were installed by name.
    """
    found = []
    for name, adapter in shipped().items():
        about, ready = read_adapter_manifest(adapter), is_ready(folder, name)
        wanted = ready or not (about.role in DECODER_ROLES or about.forced)
        if wanted and not (ready and read_manifest(folder, name).weights.get(WEIGHTS) == about.weights):
            found.append(adapter)
    return tuple(found)
