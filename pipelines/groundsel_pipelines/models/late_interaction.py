"""Late interaction: an embedder's own token vectors read as a reranker, for where there is no cross-encoder."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tokenizers import Encoding

from groundsel_pipelines.models.encoder_session import EncoderSession
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.tokens import read_tokenizer
from groundsel_pipelines.types import Vectors

OUTPUT: Final = "token_embeddings"


class LateInteraction:
    """A reranker as `protocols.Reranker` says, by MaxSim (Khattab and Zaharia 2020).

    A text's relevance is the mean, over the tokens of the question, of the cosine to the nearest token of the text.
    """

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self._query_prefix, self._passage_prefix = manifest.query_prefix, manifest.passage_prefix
        self._tokenizer = read_tokenizer(folder / "tokenizer.json")
        self._tokenizer.enable_truncation(manifest.max_tokens)
        self._session = EncoderSession(folder / "model.onnx", threads=threads)

    def score(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """Give a relevance a text, from -1 to 1."""
        read = [self._query_prefix + question, *(self._passage_prefix + text for text in texts)]
        found = dict(self._token_vectors(self._tokenizer.encode_batch(read)))
        asked = found[0]
        return tuple(float((asked @ found[place].T).max(axis=1).mean()) for place in range(1, len(read)))

    def _token_vectors(self, encoded: Sequence[Encoding]) -> Iterator[tuple[int, Vectors]]:
        """Give the place of each text and its vectors of unit length, a row a token."""
        for places, (states,) in self._session.run(encoded, (OUTPUT,)):
            for place, rows in zip(places, states, strict=True):
                vectors = rows[: len(encoded[place].ids)]
                yield place, vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
