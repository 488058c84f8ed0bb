"""What a document is about, in a few words."""

from collections import Counter
from typing import Final

from groundsel_pipelines.types import Document
from groundsel_pipelines.words import telling_words

WORDS: Final = 16  # more of them find everything
READ: Final = 20_000  # characters of a document


def gist(document: Document) -> str:
    """Give the title and the words that stand in the text most often, as they are first written there."""
    text = document.text[:READ]
    written: dict[str, str] = {}
    times: Counter[str] = Counter()
    for word in telling_words(text, document.language):
        if word.stem and word.stem.isalpha():
            written.setdefault(word.stem, text[word.start : word.end])
            times[word.stem] += 1
    return " ".join([document.title, *(written[stem] for stem, _ in times.most_common(WORDS))])
