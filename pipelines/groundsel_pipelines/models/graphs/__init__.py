"""Writes ONNX graphs from bare weights with numpy alone: BERT-like encoders and Llama-like decoders, no torch."""

from groundsel_pipelines.models.graphs.encoder import write_encoder
from groundsel_pipelines.models.graphs.llama import write_decoder

__all__ = ["write_decoder", "write_encoder"]
