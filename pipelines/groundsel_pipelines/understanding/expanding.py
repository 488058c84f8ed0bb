"""Other words for what is asked: what an abbreviation stands for and the other way, and the synonyms of a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.types import PlanPart, QueryPlan, Vocabulary
from groundsel_pipelines.understanding.abbreviations import LEAST_CAPITALS
from groundsel_pipelines.understanding.planning import free_words
from groundsel_pipelines.words import ASKING, LANGUAGES, WORD, fold, stem

Words = tuple[str, ...]

MOST: Final = 3  # other words for one place: more of them would drown the question
LONGEST: Final = 200  # characters of one word or phrase in a file of synonyms


@dataclass(frozen=True, slots=True, eq=False)
class Synonyms:
    """What each word or phrase, folded, is also asked as."""

    others: Mapping[Words, tuple[str, ...]]


NONE: Final = Synonyms({})


def read_synonyms(file: Path) -> Synonyms:
    """Read a file: `a, b, c` are the same, `a, b => c` also asks for c where a or b stands; # begins a comment.

    Raises:
        InvalidInput: the file cannot be read, or a line makes no sense; names the line.

    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the synonyms at {file} cannot be read ({error}); it is a text file in UTF-8") from None
    others: dict[Words, tuple[str, ...]] = {}
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        for key, value in _pairs(text, f"{file}, line {number}") if text else ():
            others[key] = tuple(dict.fromkeys([*others.get(key, ()), value]))
    return Synonyms(others)


def _pairs(text: str, place: str) -> Iterator[tuple[Words, str]]:
    sides = [[part.strip() for part in side.split(",")] for side in text.split("=>")]
    if len(sides) > 2:  # noqa: PLR2004 - two sides
        raise InvalidInput(f"{place}: there are {len(sides) - 1} arrows; write `word, word => word`")
    for part in (part for side in sides for part in side):
        if not keyed(part):
            raise InvalidInput(f"{place}: {part!r} holds no word; write words with commas between them")
        if len(part) > LONGEST:
            raise InvalidInput(f"{place}: a word or phrase has {len(part)} characters; at most {LONGEST}")
    if len(sides) == 1 and len(sides[0]) < 2:  # noqa: PLR2004 - a pair
        raise InvalidInput(f"{place}: {text!r} stands alone; write two words or more, with commas between them")
    asked, meant = sides[0], sides[-1]
    for one in asked:
        for other in meant:
            if keyed(one) != keyed(other):
                yield keyed(one), other


def expansions(plan: QueryPlan, vocabulary: Vocabulary, synonyms: Synonyms) -> tuple[PlanPart, ...]:
    """Give other words for what nothing else claims; longest parts first, never two at a place."""
    free = list(free_words(plan))
    folded = tuple(fold(word) for _, _, word in free)
    asked = set(folded)
    abbreviations, longest = abbreviated(vocabulary)
    longest = max(longest, max(map(len, synonyms.others), default=0))
    parts: list[PlanPart] = []
    position = 0
    while position < len(free):
        for length in range(min(longest, len(free) - position), 0, -1):
            key = folded[position : position + length]
            start, end = free[position][0], free[position + length - 1][1]
            short = abbreviations.get(key, ())
            if short and length == 1 and is_small(plan.text[start:end]):
                short = ()
            others = [other for other in (*synonyms.others.get(key, ()), *short) if not asked.issuperset(keyed(other))]
            if others:
                becomes = " ".join(dict.fromkeys(others[:MOST]))
                parts.append(
                    PlanPart(kind="expansion", start=start, end=end, text=plan.text[start:end], becomes=becomes)
                )
                position += length - 1
                break
        position += 1
    return tuple(parts)


def is_small(word: str) -> bool:
    """Say whether a word is one of the small ones of some language, and not meant as the abbreviation it looks like.

    Who asks "is leave paid?" does not ask for the IS that a document explains; who writes IS may.
    """
    if sum(map(str.isupper, word)) >= LEAST_CAPITALS:
        return False
    return any(word.lower() in idle for idle in ASKING.values()) or not all(stem(word, each) for each in LANGUAGES)


@lru_cache(maxsize=8)
def abbreviated(vocabulary: Vocabulary) -> tuple[Mapping[Words, tuple[str, ...]], int]:
    """Give what each abbreviation stands for, each long form's abbreviation, and the words of the longest of all."""
    others: dict[Words, tuple[str, ...]] = {}
    for short, long in vocabulary.abbreviations:
        for key, value in ((keyed(short), long), (keyed(long), short)):
            others[key] = tuple(dict.fromkeys([*others.get(key, ()), value]))
    explained = {key: values[:1] for key, values in others.items()}  # the one that most documents explain
    return explained, max(map(len, explained), default=0)


def keyed(text: str) -> Words:
    return tuple(fold(word) for word in WORD.findall(text))
