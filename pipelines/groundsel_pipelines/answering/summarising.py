"""Summarising by choosing: sentences near the middle of what is said, or near what is asked, and not near each other.

First the many are thinned out by their words, which costs nothing, then the few are chosen by their vectors: map, then
reduce, within a bound of work whatever the length of the documents.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from groundsel_pipelines.answering.evidence import Evidence, Place
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.protocols import Embedder, TokenCounter
from groundsel_pipelines.words import stems

MOST_SENTENCES: Final = 200  # embedded: two seconds on two cores; of more, those with the most telling words
CHOSEN: Final = 4
LEAST_WORDS: Final = 5  # content words: "See below." says nothing
MAIL_FIELD: Final = re.compile(r"^(?:> ?)*(?:From|To|Cc|Bcc|Date|Sent|Subject|Von|An|Gesendet|De|À|Envoyé|Objet)\s?:")
NEAR: Final = 0.35  # cosine to a subject, or to what is searched, from which on a sentence is about it
QUOTE: Final = ">"  # before a line that a mail quotes
DIVERSITY: Final = 0.5  # of maximal marginal relevance (Carbonell and Goldstein 1998)
EARLY: Final = 0.05  # authors say first what matters
ASKED: Final = 0.7  # of a sentence's worth: nearness to what is asked, where something is; the rest is the middle's
SHARED_WORDS: Final = 0.5  # what a sentence gains by holding all words of what is asked


def key_sentences(
    places: Sequence[Place], embedder: Embedder, *, about: str = "", most: int = CHOSEN
) -> tuple[Evidence, ...]:
    """Choose the sentences that stand for the whole, in reading order; as `ranked` for the rest."""
    return in_reading_order(ranked(places, embedder, about=about, most=most), places)


def in_reading_order(chosen: Sequence[Evidence], places: Sequence[Place]) -> tuple[Evidence, ...]:
    at = {(place.document.doc_id, place.start): index for index, place in enumerate(places)}
    return tuple(sorted(chosen, key=lambda each: at[each.place.document.doc_id, each.place.start]))


def in_parts(chosen: Sequence[Evidence], counter: TokenCounter, *, tokens: int) -> tuple[tuple[Evidence, ...], ...]:
    """Cut sentences into what a model is shown at once, `tokens` at most; a longer sentence is a part of its own."""
    parts: list[list[Evidence]] = []
    room = 0
    for each in chosen:
        cost = counter.count(readable(each.place))
        if not parts or cost > room:
            parts.append([])
            room = tokens
        parts[-1].append(each)
        room -= cost
    return tuple(tuple(each) for each in parts)


def ranked(places: Sequence[Place], embedder: Embedder, *, about: str = "", most: int = CHOSEN) -> tuple[Evidence, ...]:
    """Choose the sentences that stand for the whole, the one that does most so first.

    Args:
        places: all sentences, in reading order.
        embedder: gives their vectors.
        about: what the summary is to be about; "" for all of it.
        most: how many are chosen.

    """
    telling = telling_places(places)
    if not telling:
        return ()
    kept = thinned(telling, about)
    vectors = embedder.embed_passages([place.text for place in kept])
    centre = vectors.mean(axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-9)
    near = vectors @ centre
    worth = near + EARLY * np.linspace(1, 0, len(kept))
    if about:
        near = vectors @ embedder.embed_query(about)[0]
        words = stems(about, kept[0].passage.language)
        shared = np.array([len(words & place.stems) / max(1, len(words)) for place in kept])
        worth = ASKED * (near + SHARED_WORDS * shared) + (1 - ASKED) * worth
    chosen: list[int] = []
    while len(chosen) < min(most, len(kept)):
        nearness = (vectors @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(kept), np.float32)
        marginal = worth - DIVERSITY * nearness
        marginal[chosen] = -np.inf
        chosen.append(int(marginal.argmax()))
    return tuple(
        Evidence(
            place=kept[index],
            vector=vectors[index],
            cosine=float(near[index]),
            overlap=0.0,
            score=float(worth[index]),
        )
        for index in chosen
    )


def telling_places(places: Sequence[Place]) -> list[Place]:
    """Give the sentences that say something, each text once; a table alone is told by its first rows."""
    said: dict[str, Place] = {}
    for place in places:
        if place.kind not in {"paragraph", "list"} or MAIL_FIELD.match(place.text):
            continue
        if len(stems_of(place)) >= LEAST_WORDS:
            said.setdefault(" ".join(readable(place).split()), place)
    return without_repeated(list(said.values()), places) or list(places[:CHOSEN])


def without_repeated(places: Sequence[Place], every: Sequence[Place]) -> list[Place]:
    """Leave out what a mail quotes of another one that is there itself, line by line as mail programs break it."""
    own: dict[str, frozenset[str]] = {}
    for place in every if any(each.text.startswith(QUOTE) for each in places) else ():
        if not place.text.startswith(QUOTE):
            name = place.document.doc_id
            own[name] = own.get(name, frozenset()) | stems_of(place)

    def elsewhere(place: Place) -> bool:
        return any(stems_of(place) <= held for name, held in own.items() if name != place.document.doc_id)

    return [place for place in places if not (place.text.startswith(QUOTE) and elsewhere(place))]


def stems_of(place: Place) -> frozenset[str]:
    return stems(place.text, place.passage.language)


def thinned(places: Sequence[Place], about: str) -> list[Place]:
    """Keep what can be embedded in time: sentences whose words are frequent (SumBasic, Nenkova and Vanderwende 2005).

    Where something is asked, its words count most.
    """
    if len(places) <= MOST_SENTENCES:
        return list(places)
    words = [stems(place.text, place.passage.language) for place in places]
    frequency = Counter(stem for held in words for stem in held)
    asked = stems(about, places[0].passage.language)

    def worth(index: int) -> float:
        held = words[index]
        middle = sum(math.log1p(frequency[stem]) for stem in sorted(held)) / len(held) / math.log1p(len(places))
        return middle + len(held & asked) / max(1, len(asked))

    best = sorted(range(len(places)), key=lambda index: (-worth(index), index))[:MOST_SENTENCES]
    return [places[index] for index in sorted(best)]
