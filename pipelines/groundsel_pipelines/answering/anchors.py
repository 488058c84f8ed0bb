"""What a sentence must not get wrong: its numbers with their units, its names, its negations."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from groundsel_pipelines.words import stem

TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[%€$£¥°½¼¾]|\w+")
GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
DECIMAL = re.compile(r"(\d+|\d{1,3}(?:[.,]\d{3})+)[.,](\d+)")
SENTENCE_START = re.compile(r"(?:^|[.!?:;|\n]\s*|[\"“«(]\s*)$")
UNIT_WORDS = 3  # after a number: "25 paid working days"
SYMBOLS = frozenset("%€$£¥°")
CURRENCIES = frozenset({"eur", "usd", "gbp", "chf", "euro", "dollar", "pound", "€", "$", "£", "¥"})
NUMBER_WORDS: dict[str, dict[str, int]] = {
    "en": {
        word: value
        for value, word in enumerate(
            "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
            "eighteen nineteen twenty".split(),
            start=2,
        )
    }
    | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "thousand": 1000}
    | {"first": 1, "second": 2, "third": 3, "twice": 2},
    "fr": {
        word: value
        for value, word in enumerate(
            "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split(), start=2
        )
    }
    | {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "cent": 100, "mille": 1000},
    "de": {
        word: value
        for value, word in enumerate("zwei drei vier fünf sechs sieben acht neun zehn elf zwölf".split(), start=2)
    }
    | {"zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "hundert": 100, "tausend": 1000},
}
MONTHS = frozenset(
    "january february march april may june july august september october november december janvier février mars avril "
    "mai juin juillet août septembre octobre novembre décembre januar februar märz juni juli oktober dezember".split()
)
# Words that turn or limit what is said; a claim and its evidence must agree in them.
LIMITS = frozenset(
    "no not never none nobody nothing neither nor without cannot except unless only until unlikely excluding "
    "ne pas jamais aucun aucune sans sauf seulement uniquement ni "
    "nicht kein keine keinen keiner keinem nie niemals ohne nur außer weder "
    "nunca sin ningún ninguna solo salvo non mai senza nessun nessuna niet geen zonder alleen".split()
)
FIRST_PERSON = "I"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A number or a name at its place; `units` are what stands beside a number, by stem."""

    kind: Literal["number", "name"]
    value: str
    units: frozenset[str] = frozenset()


def number_value(word: str, language: str) -> str | None:
    """Write a number in one way: "1,250.50" and "1250.5" alike, "twelve" as "12"; None for any other word.

    "1,250" and "1.250" are the same number, as languages differ; a time or a version stays as it is written.
    """
    if not word[0].isdigit():
        value = NUMBER_WORDS.get(language, NUMBER_WORDS["en"]).get(word.lower())
        return None if value is None else str(value)
    if word.isdecimal() or GROUPED.fullmatch(word):
        return re.sub(r"[.,]", "", word).lstrip("0") or "0"
    if parts := DECIMAL.fullmatch(word):
        whole, fraction = re.sub(r"[.,]", "", parts[1]).lstrip("0") or "0", parts[2].rstrip("0")
        return f"{whole}.{fraction}" if fraction else whole
    return word


def anchors(text: str, language: str) -> tuple[Anchor, ...]:
    """Give the numbers and names of `text` in order.

    A name is a word with a capital letter that does not begin a sentence; where a language writes all its nouns so,
    each of them is one, which errs on the safe side.
    """
    tokens = list(TOKEN.finditer(text))
    found: list[Anchor] = []
    for index, token in enumerate(tokens):
        word = token.group()
        value = number_value(word, language)
        if value is not None:
            before = tokens[index - 1].group() if index else ""
            after = [other.group() for other in tokens[index + 1 : index + 1 + UNIT_WORDS]]
            found.append(Anchor(kind="number", value=value, units=units(before, after, language)))
        elif word[0].isupper() and word != FIRST_PERSON and not SENTENCE_START.search(text[: token.start()]):
            found.append(Anchor(kind="name", value=re.sub("['’]s$", "", word.lower())))
    return tuple(found)


def units(before: str, after: Sequence[str], language: str) -> frozenset[str]:
    """Give what may be a number's unit: the words after it, and a month or a currency before it."""
    named = [before] if before.lower() in MONTHS | CURRENCIES else []
    return frozenset(unit_of(word, language) for word in (*named, *after)) - {""}


def unit_of(word: str, language: str) -> str:
    return word if word in SYMBOLS else stem(word.lower(), language)


def limits(text: str) -> frozenset[str]:
    """Give the words of `text` that turn or limit it; "n't" counts as "not"."""
    found = {match.group().lower().replace("’", "'") for match in TOKEN.finditer(text)}
    return frozenset(found & LIMITS) | ({"not"} if any(word.endswith("n't") for word in found) else frozenset())
