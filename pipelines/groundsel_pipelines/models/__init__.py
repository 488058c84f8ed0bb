"""Models: how weights become a verified ONNX folder, and how it runs. Only here is onnxruntime imported."""

from groundsel_pipelines.models.loading import load_embedder, load_language_model
from groundsel_pipelines.models.manifest import Manifest, read_manifest, verified

__all__ = ["Manifest", "load_embedder", "load_language_model", "read_manifest", "verified"]
