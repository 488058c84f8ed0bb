r"""One way to write dates, times, amounts and bounds, so that texts which say the same of them read the same.

"1 May 2025", "May 1, 2025" and "1er mai 2025" become `2025-05-01`, "1 May" becomes `--05-01`, "May 2025" `2025-05`;
"9 h 30" and "9.30 am" `9:30`; "EUR 40", "40 euros" and "€40" `40 €`; "at least 3" and "au moins 3" `≥ 3`. Dates are
those of ISO 8601, its forms without a year included (2000 edition).
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from groundsel_pipelines.answering.numbers import NUMBER_WORDS, ORDINALS

MONTH_NAMES: Final = (
    "january jan janvier januar jänner enero gennaio",
    "february feb février fevrier februar febrero febbraio",
    "march mar mars märz marzo",
    "april apr avril abril aprile",
    "may mai mayo maggio",
    "june jun juin juni junio giugno",
    "july jul juillet juli julio luglio",
    "august aug août aout agosto",
    "september sep sept septembre septiembre settembre",
    "october oct octobre oktober octubre ottobre",
    "november nov novembre noviembre",
    "december dec décembre decembre dezember diciembre dicembre",
)
MONTH_OF: Final[Mapping[str, int]] = {
    name: number for number, names in enumerate(MONTH_NAMES, start=1) for name in names.split()
}
MONTH: Final = rf"(?P<month>{'|'.join(sorted(MONTH_OF, key=len, reverse=True))})\b\.?"
DAY: Final = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er|º|\.)?"
YEAR: Final = r"(?P<year>(?:1[5-9]|20)\d\d)\b"
SHORT: Final = 3
DATES: Final = (
    re.compile(rf"\b{DAY}\s+(?:of\s+|de\s+)?{MONTH}(?:,?\s+(?:de\s+|del\s+)?{YEAR})?", re.IGNORECASE),
    re.compile(rf"\b{MONTH}\s+{DAY}(?!\d)\b(?:,?\s+{YEAR})?", re.IGNORECASE),
    re.compile(rf"\b{MONTH}\s+(?:de\s+|of\s+)?{YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?P<day>\d\d?)[./](?P<month>\d\d?)[./]{YEAR}"),
    re.compile(r"\b(?P<day>[0-3]?\d)\.(?P<month>[01]?\d)\.(?!\d)"),
)
MONTH_ALONE: Final = re.compile(  # not "may", nor "mars" without what a date stands after
    r"\b(?P<before>(?:in|until|till|by|of|since|from|before|after|between|and|to|en|de|à|depuis|avant|après|fin|im|bis|"
    r"seit|ab|vor|nach|Ende|desde|hasta)\s)"
    rf"(?P<month>{'|'.join(name.capitalize() for name in MONTH_OF if len(name) > SHORT or name in {'may', 'mai'})}"
    rf"|{'|'.join(name for name in MONTH_OF if len(name) > SHORT and name != 'march')})\b"
)
TIMES: Final = (
    re.compile(r"\b(?P<hour>[01]?\d|2[0-4])\s?h(?:eures?)?(?:\s?(?P<minute>[0-5]\d))?\b(?=[^\w]|$)"),
    re.compile(r"\b(?P<hour>1?\d)(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?", re.IGNORECASE),
    re.compile(r"\b(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))?\s?(?:Uhr|o['’]clock|horas)\b"),
    re.compile(r"\b(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)\b"),
)
GROUPED_BY_SPACE: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?![\d.,]?\d)")
NUMBER: Final = r"\d+(?:[.,]\d+)*"
SCALED: Final = r"(?:\s(?:thousand|millions?|billions?|Millionen|Million|millones|millón)(?: d['’]| de)?)?"
SYMBOLS: Final[Mapping[str, str]] = {  # of a unit: how else it is written
    "€": r"euros?\b|eur\b|€",
    "$": r"dollars?\b|usd\b|dólares\b|\$",
    "£": r"pounds?\b|gbp\b|livres sterling\b|Pfund\b|libras\b|£",
    "CHF": r"chf\b|Swiss francs?\b|francs suisses\b|Schweizer Franken\b|Franken\b",
    "%": r"per ?cent\b|prozent\b|%",
    "°": r"°\s?C?\b|degrees?(?: celsius)?\b|degrés?\b|grad(?: celsius)?\b|grados?\b",
    "km": r"kilomet(?:er|re)s?\b|kilomètres?\b|kilómetros?\b|km\b",
    "kg": r"kilos?\b|kilogram(?:m?e?s?)\b|kilogramos?\b|kg\b",
    "minutes": r"mins?\b\.?",
    "hours": r"hrs?\b\.?",
}
UNITS: Final = {
    symbol: re.compile(rf"(?P<number>{NUMBER}{SCALED}(?: extra| weitere)?)\s?(?:{forms})", re.IGNORECASE)
    for symbol, forms in SYMBOLS.items()
}
BEFORE: Final = {
    symbol: re.compile(rf"(?:{forms})\s?(?P<number>{NUMBER}{SCALED})", re.IGNORECASE)
    for symbol, forms in SYMBOLS.items()
    if symbol in {"€", "$", "£", "CHF"}
}
NUMBER_AHEAD: Final = r"\s+(?=[€$£]?\s?\d)"
BOUNDS: Final[Mapping[str, str]] = {
    "≥": r"at least|no less than|not less than|no fewer than|a minimum of|minimum|au moins|au minimum|mindestens|"
    r"wenigstens|nicht weniger als|al menos|como mínimo|por lo menos|un mínimo de",
    "≤": r"at most|up to(?: a limit of)?|no more than|not more than|a maximum of|maximum|au plus|au maximum|"
    r"jusqu['’]à|höchstens|maximal|bis zu|nicht mehr als|como máximo|hasta un máximo de|a lo sumo|"
    r"dans la limite de|un máximo de",
    ">": r"more than|over|above|in excess of|exceeding|plus de|mehr als|über|más de|superior a",
    "<": r"less than|fewer than|under|below|moins de|weniger als|unter|menos de|inferior a",
    "~": r"about|approximately|around|roughly|some|environ|à peu près|etwa|ungefähr|rund|circa|ca\.|aproximadamente|"
    r"alrededor de|unos|unas",
}
OBLIGATIONS: Final = (
    (re.compile(r"\b(?:can['’]t|cannot)\b", re.IGNORECASE), "can not"),
    (re.compile(r"(?<=[a-z])n['’]t\b"), " not"),
    (
        re.compile(r"\b(?:has|have|had|needs?|is required|are required|is obliged|are obliged) to\b", re.IGNORECASE),
        "must",
    ),
    (re.compile(r"\b(?:is|are) (?:allowed|permitted|entitled) to\b", re.IGNORECASE), "may"),
    (re.compile(r"\bil faut\b", re.IGNORECASE), "doit"),
    (re.compile(r"\b(?:hay|tienen?) que\b", re.IGNORECASE), "debe"),
)
TENS: Final[Mapping[str, Mapping[str, int]]] = {
    language: dict(zip(words.split(), range(first, 100, 10), strict=False))
    for language, first, words in (
        ("en", 20, "twenty thirty forty fifty sixty seventy eighty ninety"),
        ("fr", 20, "vingt trente quarante cinquante soixante"),
        ("es", 30, "treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
        ("de", 20, "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"),
    )
}
ONES: Final[Mapping[str, tuple[str, ...]]] = {
    "en": tuple("one two three four five six seven eight nine".split()),
    "fr": tuple("un deux trois quatre cinq six sept huit neuf".split()),
    "es": tuple("uno dos tres cuatro cinco seis siete ocho nueve".split()),
    "de": tuple("ein zwei drei vier fünf sechs sieben acht neun".split()),
}
JOINED: Final[Mapping[str, str]] = {"en": "[- ]", "fr": "[- ](?:et[- ])?", "es": " y ", "de": "und"}


def canonical(text: str, language: str) -> str:
    """Write the numbers, dates, times, units, bounds and obligations of a text in one way; all else stays."""
    text = GROUPED_BY_SPACE.sub(lambda found: re.sub(r"\D", "", found[0]), text)
    text = re.sub(r"(?<=\d) p(?:our|or) c(?:ent|iento)\b", " %", text)
    text = number_words(language).sub(lambda found: value_of(found[0], language), text)
    for pattern in (*DATES, MONTH_ALONE):
        text = pattern.sub(date, text)
    for pattern in TIMES:
        text = pattern.sub(time, text)
    for symbol, pattern in UNITS.items():
        text = pattern.sub(rf"\g<number> {symbol}", text)
    for symbol, pattern in BEFORE.items():
        text = pattern.sub(rf"\g<number> {symbol}", text)
    for sign, pattern in bounds().items():
        text = pattern.sub(f"{sign} ", text)
    for pattern, word in OBLIGATIONS:
        text = pattern.sub(word, text)
    return text


def date(found: re.Match[str]) -> str:
    """Write a date as ISO 8601 does, with as much of it as is given."""
    parts = found.groupdict()
    named = parts["month"].lower()
    month = int(named) if named.isdecimal() else MONTH_OF[named]
    if not 1 <= month <= len(MONTH_NAMES):
        return found[0]
    day = f"-{int(parts['day']):02}" if parts.get("day") else ""
    return f"{parts.get('before') or ''}{parts.get('year') or '-'}-{month:02}{day}"


def time(found: re.Match[str]) -> str:
    parts = found.groupdict()
    hour = int(parts["hour"])
    if (half := (parts.get("half") or "").lower()) and hour <= NOON:
        hour = hour % NOON + (NOON if half == "p" else 0)
    return f"{hour}:{parts.get('minute') or '00'}"


NOON: Final = 12


@cache
def number_words(language: str) -> re.Pattern[str]:
    """Find the cardinal numbers that are written as words, the composed ones first."""
    tens, ones, joined = (table.get(language, table["en"]) for table in (TENS, ONES, JOINED))
    first, last = (list(ones), list(tens)) if language == "de" else (list(tens), list(ones))  # fünfundzwanzig
    composed = rf"(?:{'|'.join(first)}){joined}(?:{'|'.join(last)})"
    plain = "|".join(word for word in NUMBER_WORDS.get(language, NUMBER_WORDS["en"]) if word not in ORDINALS)
    return re.compile(rf"\b(?:{composed}|{plain})\b", re.IGNORECASE)


def value_of(words: str, language: str) -> str:
    known = NUMBER_WORDS.get(language, NUMBER_WORDS["en"])
    if (value := known.get(words.lower())) is not None:
        return str(value)
    tens, ones = TENS.get(language, TENS["en"]), ONES.get(language, ONES["en"])
    ten = next(number for word, number in tens.items() if word in words.lower())
    rest = words.lower().replace(next(word for word in tens if word in words.lower()), "")
    return str(ten + next(number for number, word in reversed(list(enumerate(ones, start=1))) if word in rest))


@cache
def bounds() -> Mapping[str, re.Pattern[str]]:
    return {sign: re.compile(rf"\b(?:{forms}){NUMBER_AHEAD}", re.IGNORECASE) for sign, forms in BOUNDS.items()}
