"""Excerpts: the words that a model gives for an answer, shown in the sentence that they stand in.

Three words answer less often than the sentence around them, and what stands in a document needs no faith in a model:
it says where to look, the document says what is so.
"""

import re
from typing import Final

from groundsel_pipelines.answering.checking import check

MOST_WORDS: Final = 25
CUT: Final = "…"
WORD: Final = re.compile(r"\S+")


def excerpt(words: str, sentence: str, *, context: str, language: str) -> str | None:
    """Give at most MOST_WORDS around `words`, or the whole sentence where less would not say the same.

    Args:
        words: what a model gives for an answer.
        sentence: of a document.
        context: title and headings above it.
        language: of the document.

    Returns:
        None where the sentence does not hold the words.

    """
    if (span := span_of(words, sentence)) is None:
        return None
    start, end = around(span, sentence)
    part = sentence[start:end]
    if not check(part, sentence, context=context, language=language, cosine=1).supported:
        return sentence
    before, after = (CUT if start else ""), (CUT if end < len(sentence) else "")
    return f"{before}{part}{after}"


def span_of(words: str, sentence: str) -> tuple[int, int] | None:
    """Find whole words in a sentence, in whatever case."""
    if not words:
        return None
    found = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", sentence, re.IGNORECASE)
    return found.span() if found else None


def around(span: tuple[int, int], sentence: str) -> tuple[int, int]:
    """Give where the MOST_WORDS around a span begin and end: as many before as behind, more where one side lacks."""
    tokens = [found.span() for found in WORD.finditer(sentence)]
    if len(tokens) <= MOST_WORDS:
        return 0, len(sentence)
    inside = [at for at, (start, end) in enumerate(tokens) if end > span[0] and start < span[1]]
    spare = max(0, MOST_WORDS - len(inside))
    before, behind = inside[0], len(tokens) - 1 - inside[-1]
    left = min(before, max(spare // 2, spare - behind))
    right = min(behind, spare - left)
    return tokens[inside[0] - left][0], tokens[inside[-1] + right][1]
