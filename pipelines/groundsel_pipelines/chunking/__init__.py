"""Cuts a document into passages: along its structure, in whole sentences, within what the embedder reads."""

from groundsel_pipelines.chunking.passages import PASSAGE_TOKENS, embedded_text, split

__all__ = ["PASSAGE_TOKENS", "embedded_text", "split"]
