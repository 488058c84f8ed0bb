"""Ellipses: a question that names what it asks for and leaves out the rest ("And in Grenoble?") gets the rest put in.

What it names takes the place of its like in the question before: a phrase with the same preposition, a word of the same
shape or the same head, a name, or the only thing that was spoken of.
"""

import re
from collections.abc import Sequence
from typing import Final

from groundsel_pipelines.answering.phrases import (
    DETERMINERS,
    IDLE,
    LINKS,
    NAME,
    PREPOSITIONS,
    WORD,
    noun_phrases,
    without_determiner,
)
from groundsel_pipelines.words import ASKING, asked_language, stem

ELLIPSIS: Final = re.compile(
    r"^\s*(?:and|what about|how about|and what about|or|et|et pour|qu['’]en est[- ]il (?:de|pour)|und|"
    r"und was ist mit|wie ist es mit|y|y para|qué hay de|¿\s*y)\s+(?P<rest>[^?]{2,80}?)\s*\?*\s*$",
    re.IGNORECASE,
)
PLACING: Final = frozenset("in at from à de en aus desde".split())
PLACED: Final = re.compile(rf"\b(?:{'|'.join(sorted(PLACING))}) (?P<name>{NAME})")
ARTICLE: Final = rf"(?:(?:{'|'.join(sorted(DETERMINERS))})\s+)?"
LAST_WORD: Final = re.compile(rf"(?P<word>\w+)\s+{ARTICLE}$")
NAMED: Final = re.compile(rf"\s+{ARTICLE}{NAME}")
FEWEST_WORDS: Final = 2
SAME_HEAD: Final = 6  # letters that German compounds share: Vollzeitbeschäftigte, Teilzeitbeschäftigte


def completed(rest: str, before: str) -> str:
    """Put what a question names into the question before; where nothing is like it, at its end."""
    words = rest.split()
    if words[0].lower() in PREPOSITIONS and len(words) >= FEWEST_WORDS:
        return with_phrase(rest, before)
    for find in (same_shape, same_head, same_kind, only_thing):
        if found := find(words, before):
            begin, end, said = found
            return before[:begin] + said + before[end:]
    return f"{before.rstrip(' ?')}, {rest}?"


Found = tuple[int, int, str]
"""Where the question before is changed, and what stands there then."""


def with_phrase(rest: str, before: str) -> str:
    """Change the last phrase that begins with the same preposition, or the place where another place is named."""
    preposition, told = rest.split(maxsplit=1)
    name = re.match(NAME, without_determiner(told))
    tokens = list(WORD.finditer(before))
    for at in reversed(range(len(tokens) - 1)):
        if tokens[at].group().lower() == preposition.lower():
            end = end_of_name(before, tokens[at].end()) if name else end_of_phrase(tokens, at + 1)
            if end:
                return before[: tokens[at].start()] + rest + before[end:]
    if name and preposition.lower() in PLACING and (places := list(PLACED.finditer(before))):
        return before[: places[-1].start("name")] + told + before[places[-1].end("name") :]
    found = same_head(without_determiner(told).split(), before)
    leading = LAST_WORD.search(before, 0, found[0]) if found else None
    if found and leading and leading["word"].lower() in PREPOSITIONS:
        return f"{before[: leading.start()]}{rest}{before[found[1] :]}"
    return f"{before.rstrip(' ?')} {rest}?"


def end_of_name(before: str, start: int) -> int:
    """Give where the name ends that begins at `start`, perhaps after an article; 0 where another word stands there."""
    found = NAMED.match(before, start)
    return found.end() if found else 0


def end_of_phrase(tokens: Sequence[re.Match[str]], first: int) -> int:
    """Give where a phrase ends: before another preposition, a word that asks or helps, or at the end."""
    stops = (PREPOSITIONS - LINKS) | IDLE
    last = first
    while last + 1 < len(tokens) and tokens[last + 1].group().lower() not in stops:
        last += 1
    return tokens[last].end()


def same_shape(words: Sequence[str], before: str) -> Found | None:
    """Find a number or a code like the one that is named: E05 for E04, 2023 for 2024, 4.3 for 4.2."""
    shape = shape_of(words[-1])
    if "0" not in shape or len(words) > FEWEST_WORDS:
        return None
    alike = [token for token in WORD.finditer(before) if shape_of(token.group()) == shape]
    return (alike[-1].start(), alike[-1].end(), words[-1]) if alike else None


def shape_of(word: str) -> str:
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]", "A", word))


def same_head(words: Sequence[str], before: str) -> Found | None:
    """Find a phrase of the same head: "part-time employees" for "full-time employees"."""
    language = asked_language(before)
    tokens = list(WORD.finditer(before))
    for index in reversed(range(len(tokens))):
        if alike(words[-1], tokens[index].group(), language):
            first = index - (len(words) - 1 if plain_before(tokens, index, language) else 0)
            return tokens[max(first, 0)].start(), tokens[index].end(), " ".join(words)
    return None


def alike(word: str, other: str, language: str) -> bool:
    if (head := stem(word.lower(), language)) and head == stem(other.lower(), language):
        return True
    end = word.lower()[-SAME_HEAD:]
    return language == "de" and len(end) == SAME_HEAD and other.lower().endswith(end)


def same_kind(words: Sequence[str], before: str) -> Found | None:
    """Find a name where a name is given."""
    names = [found.span() for found in re.finditer(rf"(?<=\w ){NAME}", before)]
    if not names or not words[-1][0].isupper():
        return None
    said = without_determiner(" ".join(words))
    begin, end = names[-1]
    kind = re.split(NAME, said, maxsplit=1)[0]  # "probe" of "the probe Heron H2" stands there already
    return begin - len(kind) if before[:begin].endswith(kind) else begin, end, said


def only_thing(words: Sequence[str], before: str) -> Found | None:
    """Find the one thing that was spoken of, where there is but one."""
    phrases = noun_phrases(before)
    if len(phrases) != 1 or words[-1][0].isupper() or words[0].lower() in PREPOSITIONS:
        return None
    begin = before.find(phrases[0])
    return (begin, begin + len(phrases[0]), " ".join(words)) if begin >= 0 else None


def plain_before(tokens: Sequence[re.Match[str]], index: int, language: str) -> bool:
    """Say whether the word before is part of the noun: "full-time employees", not "do employees"."""
    if not index:
        return False
    word = tokens[index - 1].group().lower()
    idle = ASKING.get(language, ASKING["en"])
    return word not in idle | DETERMINERS | PREPOSITIONS and bool(stem(word, language))
