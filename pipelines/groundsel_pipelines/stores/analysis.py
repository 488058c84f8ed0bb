"""How text becomes terms: split at what is neither letter nor digit, then put through its language's chain."""

from functools import cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

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
    return terms
