"""Numbers as they are written: with separators, as words, in five languages; one way to write each."""

import re
from typing import Final

GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
DECIMAL = re.compile(r"(\d+|\d{1,3}(?:[.,]\d{3})+)[.,](\d+)")
ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "twice": 2}
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
    | ORDINALS,
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
    "es": {
        word: value
        for value, word in enumerate(
            "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
            "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco".split(),
            start=2,
        )
    }
    | {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "noventa": 90, "cien": 100, "mil": 1000},
}


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
