"""How text becomes terms: split at what is neither letter nor digit, then put through its language's chain."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from groundsel_pipelines.languages import likely_languages
from groundsel_pipelines.types import Passage
from groundsel_pipelines.unspaced import RUN, in_pairs
from groundsel_pipelines.words import LANGUAGES, normalising

OTHER: Final = "und"
"""The chain of every language that has none of its own: lower case and folding only."""

LONGEST_TERM: Final = 60  # characters; longer runs are encoded data, and tantivy refuses terms over 64 KiB


def chain_of(language: str) -> str:
    """Give the name of the chain for a language: its own, or the one of all others."""
    return language if language in LANGUAGES else OTHER


@cache
def analyzer(chain: str) -> TextAnalyzer:
    return normalising(TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST_TERM)), chain)


def indexed_terms(text: str, chain: str) -> list[str]:
    """Give the terms of a text in order of appearance, each as often as it stands there."""
    terms: list[str] = analyzer(chain).analyze(text)
    return list(in_pairs(terms)) if RUN.search(text) else terms


def asked_terms(question: str, documents: Mapping[str, int]) -> list[str]:
    """Give the terms of a question, each as often as it is asked for, as the languages that it may be in write it.

    A language in which few documents are and nobody asks is left out: what another chain makes of common words is
    rare in the index, and would weigh most.

    Args:
        question: as it was typed.
        documents: how many documents the store holds in each language.

    """
    chains = sorted({chain_of(language) for language in likely_languages(question, documents)})
    times: Counter[str] = Counter()
    for chain in chains:
        times |= Counter(indexed_terms(question, chain))
    return list(times.elements())


def texts_of(title: str, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Give the texts that a document's passages are found by, each once; a phrase stands in one of them."""
    headings = (heading for passage in passages for heading in passage.headings)
    return tuple(dict.fromkeys([title, *headings, *(passage.text for passage in passages)]))


def sequences(text: str) -> tuple[tuple[str, ...], ...]:
    """Give the terms of a phrase in their order, as each chain writes them, each way once."""
    return tuple(sorted({tuple(indexed_terms(text, chain)) for chain in (*LANGUAGES, OTHER)} - {()}))
