"""The embedder: an exported encoder on onnxruntime, in batches of texts of like length."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import onnxruntime

from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.tokens import read_tokenizer, read_tokens
from groundsel_pipelines.types import Vectors

BATCH_TOKENS: Final = 512  # padding counted: beyond it what a layer writes leaves the cache before the next reads it
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
        self._session = open_session(folder / "model.onnx", threads=threads)
        self._inputs = [value.name for value in self._session.get_inputs()]  # not every architecture has segments
        self._remembered: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Give vectors in the order of `texts`; batches are made by length, so that little is padding."""
        encodings = self._tokenizer.encode_batch([self._passage_prefix + text for text in texts])
        ids = [encoding.ids for encoding in encodings]
        vectors: Vectors = np.empty((len(texts), self.dimensions), np.float32)
        for batch in batches([len(tokens) for tokens in ids]):
            vectors[batch] = self._run([ids[index] for index in batch])
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Give one vector, shape (1, dimensions); the last queries are remembered."""
        with self._lock:
            if text in self._remembered:
                self._remembered.move_to_end(text)
                return self._remembered[text]
        vector = self._run([self._tokenizer.encode(self._query_prefix + text).ids])
        vector.setflags(write=False)  # it is shared from now on
        with self._lock:
            self._remembered[text] = vector
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return vector

    def _run(self, ids: Sequence[Sequence[int]]) -> Vectors:
        """Embed one batch, padded to its longest text."""
        width = max(map(len, ids))
        padded = np.zeros((len(ids), width), np.int64)
        mask = np.zeros((len(ids), width), np.int64)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        known = {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(padded)}
        inputs = {name: known[name] for name in self._inputs}
        return np.asarray(self._session.run(["sentence_embedding"], inputs)[0], np.float32)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Give the places of texts in batches of like length, each of BATCH_TOKENS at most once padded, or of one text."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        if batch and (len(batch) + 1) * lengths[index] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def open_session(file: Path, *, threads: int) -> onnxruntime.InferenceSession:
    """Open a graph on the CPU; `threads` 0 takes one a core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors only: the library's warnings are about its own optimiser
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
