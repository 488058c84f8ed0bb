"""Small stand-ins at protocol seams: deterministic, without weights, for unit tests only."""

import hashlib
from collections.abc import Generator, Sequence
from functools import lru_cache

import numpy as np

from groundsel_pipelines.protocols import Prompt, TokenCounter
from groundsel_pipelines.types import Reading, Vectors


class WordTokens:
    """Counts words: one token each."""

    def count(self, text: str) -> int:
        return len(text.split())

    def cut(self, text: str, max_tokens: int) -> str:
        kept = text.split()[:max_tokens]
        return text if len(kept) == self.count(text) else " ".join(kept)


@lru_cache(maxsize=10_000)
def number_of(word: str) -> int:
    digest = hashlib.blake2b(word.strip(".,;:!?").encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


class HashEmbedder:
    """Hashes words into buckets: texts that share words lie near one another."""

    model_id = "hash-embedder"
    max_tokens = 128
    languages: frozenset[str] = frozenset()
    tokens: TokenCounter = WordTokens()

    def __init__(self, dimensions: int = 32) -> None:
        self.dimensions = dimensions

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dimensions), 1e-6, np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, number_of(word) % self.dimensions] += 1
        normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised

    def embed_query(self, text: str) -> Vectors:
        return self.embed_passages([text])


class FindingReader:
    """Finds the words it is to find in each passage that holds them, and is sure of it; others answer nothing."""

    model_id = "finding-reader"

    def __init__(self, words: str) -> None:
        self.words = words

    def read(self, question: str, passages: Sequence[str]) -> tuple[Reading, ...]:
        starts = [passage.find(self.words) for passage in passages]
        return tuple(
            Reading(start=start, end=start + len(self.words), answerable=0.99, confidence=0.9)
            if start >= 0
            else Reading(start=0, end=1, answerable=0.01, confidence=0.1)
            for start in starts
        )


class ScriptedModel:
    """Says its lines, then stops; remembers the prompts it was given."""

    model_id = "scripted"
    context_tokens = 2048
    languages: frozenset[str] = frozenset()
    tuned = False
    tokens: TokenCounter = WordTokens()

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        self.prompts.append(prompt)
        yield from self.pieces[:max_tokens]


class Tuned(ScriptedModel):
    """Says its lines in the form of a tuned model."""

    tuned = True
