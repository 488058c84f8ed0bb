"""Opens exported models; every file is compared with the manifest first."""

from importlib import import_module
from pathlib import Path
from typing import cast

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.manifest import Manifest, Role, verified
from groundsel_pipelines.protocols import Embedder, LanguageModel, Reader, Reranker, Verifier


def load_embedder(folder: Path, name: str, *, threads: int = 0) -> Embedder:
    """Open the encoder `name` under `folder`; `threads` 0 takes one a core.

    Raises:
        UnknownName: it is not on disk; names the command that fetches it.
        InvalidInput: a file is missing or changed, or the model is no encoder.

    """
    return cast("Embedder", _opened("embedder", "OnnxEmbedder", folder, _of_role(folder, name, "embed"), threads))


def load_language_model(folder: Path, name: str, *, threads: int = 0) -> LanguageModel:
    """Open the decoder `name` under `folder`; `threads` 0 takes one a core.

    Raises:
        UnknownName: it is not on disk; names the command that fetches it.
        InvalidInput: a file is missing or changed, or the model is no decoder.
        Unavailable: the runtime cannot open it.

    """
    manifest = _of_role(folder, name, "answer")
    return cast("LanguageModel", _opened("language_model", "OnnxLanguageModel", folder, manifest, threads))


def load_reader(folder: Path, name: str, *, threads: int = 0) -> Reader:
    """Open the reader `name`; raises as `load_embedder` does."""
    return cast("Reader", _opened("reader", "OnnxReader", folder, _of_role(folder, name, "reader"), threads))


def load_verifier(folder: Path, name: str, *, threads: int = 0) -> Verifier:
    """Open the verifier `name`; raises as `load_embedder` does."""
    return cast("Verifier", _opened("verifier", "OnnxVerifier", folder, _of_role(folder, name, "verifier"), threads))


def load_reranker(folder: Path, name: str, *, threads: int = 0) -> Reranker:
    """Open the reranker `name`; raises as `load_embedder` does."""
    return cast("Reranker", _opened("reranker", "OnnxReranker", folder, _of_role(folder, name, "reranker"), threads))


def _of_role(folder: Path, name: str, role: Role) -> Manifest:
    manifest = verified(folder, name)
    if manifest.role != role:
        raise InvalidInput(
            f"model {name!r} has the role {manifest.role}, not {role}; `groundsel models list` shows all"
        )
    return manifest


def _opened(module: str, kind: str, folder: Path, manifest: Manifest, threads: int) -> object:
    """Import late: whoever only searches does not wait for the library that generates."""
    create = getattr(import_module(f"groundsel_pipelines.models.{module}"), kind)
    return create(folder / manifest.name, manifest, threads=threads)
