"""What documents teach about the words of a collection: taken from each document's texts when it is indexed."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import Final

from groundsel_pipelines.types import CompletionKind, Passage, Vocabulary
from groundsel_pipelines.words import WORD, stem

TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|\n")  # what stands between two words parts them
LONGEST_WORD: Final = 40  # characters; longer runs are encoded data
LONGEST_COMPLETION: Final = 80  # characters; a longer heading is a sentence
REPEATED: Final = 3  # times in a document, from where on a phrase is one of its subjects
PHRASES: Final = 5  # of a document
VOCABULARY: Final = 50_000  # words of an asker's vocabulary, those that most documents hold
EXPLAINED: Final = 5_000  # abbreviations
NAMES: Final = 1_000  # of fields of metadata


def vocabulary_of(
    words: Iterable[tuple[str, int]], explained: Iterable[tuple[tuple[str, str], int]], fields: Iterable[str]
) -> Vocabulary:
    """Make a vocabulary of counted words and abbreviations: the most frequent, ties by the alphabet."""
    counted = sorted(words, key=lambda pair: (-pair[1], pair[0]))[:VOCABULARY]
    pairs = sorted(explained, key=lambda pair: (-pair[1], pair[0]))[:EXPLAINED]
    return Vocabulary(words=dict(counted), abbreviations=tuple(pair for pair, _ in pairs), fields=frozenset(fields))


def word_forms(texts: Iterable[str]) -> frozenset[str]:
    """Give the words as they are written, in lower case: what a misspelt one may have been meant as."""
    return frozenset(
        word for text in texts for word in WORD.findall(text.lower()) if word.isalpha() and len(word) <= LONGEST_WORD
    )


def completions(title: str, passages: Sequence[Passage], language: str) -> tuple[tuple[str, CompletionKind], ...]:
    """Give what completes what is typed: title, headings, and the phrases that a document repeats."""
    headings = dict.fromkeys(heading for passage in passages for heading in passage.headings)
    found: dict[CompletionKind, Iterable[str]] = {
        "title": [title],
        "heading": [heading for heading in headings if heading != title and len(heading) <= LONGEST_COMPLETION],
        "phrase": repeated((passage.text for passage in passages), language),
    }
    return tuple((text, kind) for kind, texts in found.items() for text in texts)


def repeated(texts: Iterable[str], language: str) -> list[str]:
    """Give the pairs of telling words that stand next to one another most often, in lower case."""
    times: Counter[tuple[str, str]] = Counter()
    for text in texts:
        times.update(pairwise(TOKEN.findall(text.lower())))
    often = (pair for pair, count in times.most_common() if count >= REPEATED)
    telling = (f"{one} {other}" for one, other in often if one != other and is_telling(one, other, language))
    return list(islice(telling, PHRASES))


def is_telling(one: str, other: str, language: str) -> bool:
    return one.isalpha() and other.isalpha() and bool(stem(one, language)) and bool(stem(other, language))
