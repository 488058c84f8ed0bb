"""Snippets: the sentences of a passage that match the question best, safe to show as HTML, matches in <em>."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial

from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.types import Passage
from groundsel_pipelines.words import Word, stems, telling_words, words_among

SNIPPETS = 2  # two lines or three on a screen
SNIPPET_CHARACTERS = 240  # a longer sentence is cut around its matches
SHORT = 40  # characters: as long as headings are, and few sentences
ELLIPSIS = "…"
BULLET = re.compile(r"[-*+\u2022]\s+(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    start: int  # code points into the passage's text
    end: int
    matches: tuple[Word, ...]  # those of the question's words that stand in it


def snippets(question: str, passage: Passage) -> tuple[str, ...]:
    """Give the best sentences in reading order: plain text but for `<em>` around matches, all else HTML-escaped.

    Words match by stem, as in the index: "leaves" marks "leave". Words that only ask are passed over, unless there are
    no others. Without any match it is the longest sentence.
    """
    matches = words_among(passage.text, passage.language, wanted(question, passage.language))
    sentences = [
        Sentence(start=start, end=end, matches=tuple(word for word in matches if start <= word.start < end))
        for start, end in map(partial(without_bullet, passage.text), sentence_spans(passage.text, passage.language))
    ]
    chosen = sorted(best(sentences), key=lambda sentence: sentence.start)
    return tuple(marked(passage.text, sentence) for sentence in chosen)


@lru_cache(maxsize=64)
def wanted(question: str, language: str) -> frozenset[str]:
    """Give the stems that a snippet is chosen by."""
    telling = frozenset(word.stem for word in telling_words(question, language)) - {""}
    return telling or stems(question, language)


def without_bullet(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Leave out the mark of a list's item: alone, it is none any more."""
    start, end = span
    found = BULLET.match(text, start, end)
    return (found.end() if found else start), end


def best(sentences: list[Sentence]) -> list[Sentence]:
    """Choose sentences that show most different words of the question; each next one must show a new one.

    A heading says what follows, not what it says: of as many words, a whole sentence goes first, and headings alone are
    not left alone.
    """
    ranked = sorted(sentences, key=lambda each: (-len({word.stem for word in each.matches}), is_short(each)))
    chosen: list[Sentence] = []
    shown: set[str] = set()
    for sentence in ranked:
        fresh = {word.stem for word in sentence.matches} - shown
        if len(chosen) < SNIPPETS and fresh:
            chosen.append(sentence)
            shown |= fresh
    if all(map(is_short, chosen)):
        chosen += following(chosen, ranked)
    return chosen


def following(headings: list[Sentence], ranked: list[Sentence]) -> list[Sentence]:
    """Give one whole sentence: the best that matches too, else the next one below, else the longest."""
    whole = [each for each in ranked if not is_short(each)]
    matching = [each for each in whole if each.matches]
    below = [each for each in sorted(whole, key=lambda each: each.start) if headings and each.start > headings[0].start]
    longest = sorted(whole or ([] if headings else ranked), key=lambda each: each.start - each.end)
    return [*matching, *below, *longest][:1]


def is_short(sentence: Sentence) -> bool:
    return sentence.end - sentence.start < SHORT


def marked(text: str, sentence: Sentence) -> str:
    start, end = window(text, sentence)
    pieces = [ELLIPSIS] if start > sentence.start else []
    last = start
    for first, stop in joined(sentence.matches):
        if start <= first and stop <= end:
            pieces.append(html.escape(text[last:first]))
            pieces.append(f"<em>{html.escape(text[first:stop])}</em>")
            last = stop
    pieces.append(html.escape(text[last:end]))
    return "".join([*pieces, ELLIPSIS] if end < sentence.end else pieces)


def joined(matches: Iterable[Word]) -> list[tuple[int, int]]:
    """Give the stretches of text that matches cover: pairs of characters overlap."""
    found: list[tuple[int, int]] = []
    for word in matches:
        if found and word.start < found[-1][1]:
            found[-1] = (found[-1][0], word.end)
        else:
            found.append((word.start, word.end))
    return found


def window(text: str, sentence: Sentence) -> tuple[int, int]:
    """Give the part of the sentence to show: all of it, or from a little before its first match."""
    if sentence.end - sentence.start <= SNIPPET_CHARACTERS:
        return sentence.start, sentence.end
    first = sentence.matches[0].start if sentence.matches else sentence.start
    latest = sentence.end - SNIPPET_CHARACTERS
    start = max(sentence.start, min(first - SNIPPET_CHARACTERS // 4, latest))
    end = start + SNIPPET_CHARACTERS
    if start > sentence.start:
        start = text.find(" ", start, first) + 1 or start
    if end < sentence.end:
        end = max(text.rfind(" ", start, end), start + SNIPPET_CHARACTERS // 2)
    return start, end
