"""The embedder: an exported encoder, and the vectors of the last queries."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np

from groundsel_pipelines.models.encoder_session import EncoderSession
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.tokens import read_tokenizer, read_tokens
from groundsel_pipelines.types import Vectors

OUTPUT: Final = "sentence_embedding"
REMEMBERED: Final = 1024  # queries, at 1.5 kB each: search as you type and answers ask the same again


class OnnxEmbedder:
    """Turns texts into unit-length vectors, as `protocols.Embedder` says."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self.dimensions = manifest.dimensions
        self.max_tokens = manifest.max_tokens
        self.languages = frozenset(manifest.languages)
        self.tokens = read_tokens(folder / "tokenizer.json")
        self._query_prefix, self._passage_prefix = manifest.query_prefix, manifest.passage_prefix
        self._tokenizer = read_tokenizer(folder / "tokenizer.json")
        self._tokenizer.enable_truncation(manifest.max_tokens)
        self._session = EncoderSession(folder / "model.onnx", threads=threads)
        self._remembered: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Give vectors in the order of `texts`."""
        return self._embed([self._passage_prefix + text for text in texts])

    def embed_query(self, text: str) -> Vectors:
        """Give one vector, shape (1, dimensions); the last queries are remembered."""
        with self._lock:
            if text in self._remembered:
                self._remembered.move_to_end(text)
                return self._remembered[text]
        vector = self._embed([self._query_prefix + text])
        vector.setflags(write=False)  # it is shared from now on
        with self._lock:
            self._remembered[text] = vector
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = np.empty((len(texts), self.dimensions), np.float32)
        for places, (found,) in self._session.run(self._tokenizer.encode_batch(texts), (OUTPUT,)):
            vectors[places] = found
        return vectors
