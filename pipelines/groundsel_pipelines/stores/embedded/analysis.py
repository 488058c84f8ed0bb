"""How text becomes terms: per language a chain of tokenizer, lower case, stop words, folding and Snowball stemmer."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

OTHER: Final = "und"
"""The chain of every language that has none of its own: lower case and folding only."""

SNOWBALL: Final[Mapping[str, str]] = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "sv": "swedish",
}

LANGUAGES: Final = (*SNOWBALL, OTHER)

ELISIONS: Final[Mapping[str, list[str]]] = {
    "fr": ["c", "d", "j", "jusqu", "l", "lorsqu", "m", "n", "puisqu", "qu", "quoiqu", "s", "t"],
    "it": ["all", "c", "d", "dall", "dell", "l", "m", "nell", "s", "sull", "t", "un", "v"],
}
"""What stands before an apostrophe: the tokenizer parts it from its word, here it is dropped."""

LONGEST_TERM = 60  # characters; longer runs are encoded data, and tantivy refuses terms over 64 KiB


def chain_of(language: str) -> str:
    """Give the name of the chain for a language: its own, or the one of all others."""
    return language if language in SNOWBALL else OTHER


@cache
def analyzer(chain: str) -> TextAnalyzer:
    """Build a chain. Folding comes before the stemmer, so that `cafe` and `café` end in the same term."""
    builder = (
        TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(LONGEST_TERM)).filter(Filter.lowercase())
    )
    if chain == OTHER:
        return builder.filter(Filter.ascii_fold()).build()
    builder = builder.filter(Filter.stopword(SNOWBALL[chain]))
    if chain in ELISIONS:
        builder = builder.filter(Filter.custom_stopword(ELISIONS[chain]))
    return builder.filter(Filter.ascii_fold()).filter(Filter.stemmer(SNOWBALL[chain])).build()


def terms(text: str, chain: str) -> tuple[str, ...]:
    """Give the distinct terms of a text in order of appearance; the text is data, never a query language."""
    return tuple(dict.fromkeys(analyzer(chain).analyze(text)))
