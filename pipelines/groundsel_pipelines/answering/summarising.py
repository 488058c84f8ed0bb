"""Summarising without a model: the sentences nearest to the middle of what is said, and not near each other."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from groundsel_pipelines.answering.evidence import Evidence, Place
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.words import stems

MOST_SENTENCES: Final = 200  # embedded: two seconds on two cores; a longer document is represented by its beginning
CHOSEN: Final = 4
LEAST_WORDS: Final = 5  # content words: "See below." says nothing
DIVERSITY: Final = 0.5  # of maximal marginal relevance (Carbonell and Goldstein 1998)
EARLY: Final = 0.05  # authors say first what matters


def key_sentences(places: Sequence[Place], embedder: Embedder) -> tuple[Evidence, ...]:
    """Choose the sentences that stand for the whole, in reading order; `places` are in reading order.

    The centre is the mean vector; a sentence counts by its nearness to it, less its nearness to those chosen already.
    """
    telling = [
        place
        for place in places[:MOST_SENTENCES]
        if place.kind in {"paragraph", "list"} and len(stems(place.text, place.passage.language)) >= LEAST_WORDS
    ] or list(places[:CHOSEN])
    if not telling:
        return ()
    vectors = embedder.embed_passages([place.text for place in telling])
    centre = vectors.mean(axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-9)
    worth = vectors @ centre + EARLY * np.linspace(1, 0, len(telling))
    chosen: list[int] = []
    while len(chosen) < min(CHOSEN, len(telling)):
        nearness = (vectors @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(telling), np.float32)
        marginal = worth - DIVERSITY * nearness
        marginal[chosen] = -np.inf
        chosen.append(int(marginal.argmax()))
    return tuple(
        Evidence(
            place=telling[index],
            vector=vectors[index],
            cosine=float(vectors[index] @ centre),
            overlap=0.0,
            score=float(worth[index]),
        )
        for index in sorted(chosen)
    )
