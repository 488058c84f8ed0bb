"""The manifest of a model folder: where it comes from, under which licence, what it is and every file's sha256."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from groundsel_pipelines.errors import GroundselError, InvalidInput, UnknownName

FILE: Final = "manifest.json"
BASES: Final = ".bases"  # beside the model folders: graphs of decoders that take adapters
RUNTIME_ADAPTER: Final = "adapter.onnx_adapter"
FORMAT: Final = 2  # raised when a folder written by an older Groundsel can no longer be used

Role = Literal["embed", "answer", "summarise", "rewrite", "reader", "verifier", "reranker"]
DecoderRole = Literal["answer", "summarise", "rewrite"]
"""Of models that write; an untuned base answers."""
DECODER_ROLES: Final[tuple[DecoderRole, ...]] = get_args(DecoderRole)
Precision = Literal["fp32", "int8", "int4"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is known of an exported model; it stands beside its files as `manifest.json`."""

    name: str
    role: Role
    source: str  # as given to `groundsel models pull`
    licence: str  # SPDX identifier, or "unknown"
    architecture: str
    precision: Precision
    max_tokens: int  # of one text for an encoder; of prompt and answer together for a decoder
    dimensions: int = 0  # of an encoder's vectors
    pooling: str = ""
    query_prefix: str = ""
    passage_prefix: str = ""
    languages: tuple[str, ...] = ()  # ISO 639-1, that it was trained on; none where it says none, or reads many
    base: str = ""  # of an adapter: the model it specialises
    stands_over: str = ""  # of a decoder's adapter: the folder in `.bases` whose graph it adds to
    forced: bool = False  # it was installed although it did not win over its baseline
    figures: Mapping[str, float] = field(default_factory=dict[str, float])  # of an adapter, on held-out rows
    checks: Mapping[str, float] = field(default_factory=dict[str, float])  # measured when it was exported
    weights: Mapping[str, str] = field(default_factory=dict[str, str])  # sha256 of what it was made from, by file
    files: Mapping[str, str] = field(default_factory=dict[str, str])  # sha256 of what is loaded, by file
    format: int = FORMAT

    @property
    def content_hash(self) -> str:
        """Twelve hexadecimal digits that change with any byte of any file."""
        return hashlib.sha256(json.dumps(dict(sorted(self.files.items()))).encode()).hexdigest()[:12]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    (folder / FILE).write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_manifest(folder: Path, name: str) -> Manifest:
    """Read the manifest of the model `name` under `folder`; its files are not looked at.

    Raises:
        UnknownName: the model is not on disk; names the command that fetches it.
        InvalidInput: the manifest cannot be read, or was written by another version.

    """
    file = folder / name / FILE
    try:
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        manifest = Manifest(**{**values, "languages": tuple(values.get("languages", ()))})
    except (FileNotFoundError, NotADirectoryError):
        raise UnknownName(f"model {name!r} is not on disk; run: groundsel models pull {name}") from None
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(f"{file} cannot be read ({error}); run: {_again(name)}") from None
    if manifest.format != FORMAT:
        raise InvalidInput(f"{file} has format {manifest.format}, this version reads {FORMAT}; run: {_again(name)}")
    return manifest


def verified(folder: Path, name: str) -> Manifest:
    """Read the manifest of a model and compare every file with it.

    Raises:
        UnknownName: the model is not on disk.
        InvalidInput: a file is missing, changed, or not of this model; names the file and the next command.

    """
    manifest = read_manifest(folder, name)
    if manifest.name != name:
        raise InvalidInput(f"{folder / name} holds the model {manifest.name!r}; run: {_again(name)}")
    for file, expected in manifest.files.items():
        path = folder / name / file
        if not path.is_file():
            raise InvalidInput(f"model {name!r}: the file {path} is missing; run: {_again(name)}")
        if sha256(path) != expected:
            raise InvalidInput(f"model {name!r}: the file {path} was changed after its export; run: {_again(name)}")
    return manifest


def is_ready(folder: Path, name: str) -> bool:
    """Say whether a model is on disk with every file as its manifest says."""
    try:
        verified(folder, name)
    except GroundselError:
        return False
    return True


def sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sha256_of_all(folder: Path) -> dict[str, str]:
    """Give the sha256 of every file of a folder but its manifest, by path relative to it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != FILE)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def _again(name: str) -> str:
    return f"groundsel models pull {name} --force"
