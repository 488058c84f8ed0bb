"""Models: how weights become a verified ONNX folder, and how it runs. Only here is onnxruntime imported."""

from groundsel_pipelines.models.loading import (
    load_embedder,
    load_language_model,
    load_reader,
    load_reranker,
    load_verifier,
)
from groundsel_pipelines.models.manifest import Manifest, read_manifest, verified

__all__ = [
    "Manifest",
    "load_embedder",
    "load_language_model",
    "load_reader",
    "load_reranker",
    "load_verifier",
    "read_manifest",
    "verified",
]
