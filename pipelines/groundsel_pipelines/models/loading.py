"""Opens exported models; every file is compared with the manifest first."""

from importlib import import_module
from pathlib import Path
from typing import cast

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.manifest import BASES, DECODER_ROLES, RUNTIME_ADAPTER, Manifest, Role, verified
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
    manifest = verified(folder, name)
    if manifest.role not in DECODER_ROLES:
        raise _of_another_role(manifest, "answer")
    if not manifest.base:
        return cast("LanguageModel", _opened("language_model", "OnnxLanguageModel", folder, manifest, threads))
    create = import_module("groundsel_pipelines.models.language_model").OnnxLanguageModel
    adapter = folder / name / RUNTIME_ADAPTER
    base = verified(folder / BASES, manifest.stands_over)
    return cast("LanguageModel", create(folder / BASES / base.name, manifest, threads=threads, adapter=adapter))


def load_reader(folder: Path, name: str, *, threads: int = 0) -> Reader:
    """Open the reader `name`; raises as `load_embedder` does."""
    return cast("Reader", _opened("reader", "OnnxReader", folder, _of_role(folder, name, "reader"), threads))


def load_verifier(folder: Path, name: str, *, threads: int = 0) -> Verifier:
    """Open the verifier `name`; raises as `load_embedder` does."""
    return cast("Verifier", _opened("verifier", "OnnxVerifier", folder, _of_role(folder, name, "verifier"), threads))


def load_reranker(folder: Path, name: str, *, threads: int = 0) -> Reranker:
    """Open the reranker `name`, a cross-encoder or an embedder; raises as `load_embedder` does."""
    manifest = verified(folder, name)
    if manifest.role == "embed":
        return cast("Reranker", _opened("late_interaction", "LateInteraction", folder, manifest, threads))
    return cast("Reranker", _opened("reranker", "OnnxReranker", folder, _of_role(folder, name, "reranker"), threads))


def _of_role(folder: Path, name: str, role: Role) -> Manifest:
    manifest = verified(folder, name)
    if manifest.role != role:
        raise _of_another_role(manifest, role)
    return manifest


def _of_another_role(manifest: Manifest, role: Role) -> InvalidInput:
    return InvalidInput(
        f"model {manifest.name!r} has the role {manifest.role}, not {role}; `groundsel models list` shows all"
    )


def _opened(module: str, kind: str, folder: Path, manifest: Manifest, threads: int) -> object:
    """Import late: whoever only searches does not wait for the library that generates."""
    create = getattr(import_module(f"groundsel_pipelines.models.{module}"), kind)
    return create(folder / manifest.name, manifest, threads=threads)
