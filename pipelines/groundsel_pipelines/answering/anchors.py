"""The parts of a sentence, and what of it must not be wrong: numbers with units and bounds, dates, names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Literal

from groundsel_pipelines.answering.numbers import number_value
from groundsel_pipelines.answering.wording import TURNING, is_light, meaning_stem

TOKEN: Final = re.compile(
    r"(?:\d{4}|-)-\d\d(?:-\d\d)?(?!\d)|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[%€$£¥°½¼¾≥≤<>~]|[,;:—–()]|\w+"
)
DATE: Final = re.compile(r"(?:(?P<year>\d{4})|-)-(?P<month>\d\d)(?:-(?P<day>\d\d))?")
ELIDED: Final = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)
SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;|\n]\s*|[\"“«(]\s*)$")
YEAR: Final = re.compile(r"(?:1[5-9]|20)\d\d")
UNIT_WORDS: Final = 3  # after a number: "25 paid working days"
SYMBOLS: Final = frozenset("%€$£¥°")
BOUND_SIGNS: Final = frozenset("≥≤<>~")
BOUND_WORDS: Final[Mapping[str, str]] = {  # before a date or a number: on which side of it
    word: side
    for side, words in {
        "until": "until till to jusqu bis hasta",
        "before": "before by avant vor antes",
        "after": "after beyond après nach después tras",
        "from": "from since onwards dès depuis partir ab seit desde",
        "within": "within innerhalb binnen sous dentro",
    }.items()
    for word in words.split()
}
PASSED_OVER: Final = frozenset(  # between such a word and its number
    "the a of le la les l un du de des d à au zu zum dem den der das von el los del".split()
)
BOUNDARIES: Final = frozenset(",;:—–()") | frozenset(
    "and but while whereas et mais tandis und aber während sondern y e pero mientras".split()
)
MONTHS: Final = frozenset(
    "january february march april may june july august september october november december janvier février mars avril "
    "mai juin juillet août septembre octobre novembre décembre januar februar märz juni juli oktober dezember".split()
)
UNITS: Final = frozenset(  # a number means nothing without it, and no other stands for it
    "% € $ £ ¥ ° chf km kg m cm mm g l mg ml bar volt volts watt watts second seconds minute minutes hour hours day "
    "days week weeks month months year years percent mile miles metre metres inch inches pence "
    "seconde secondes heure heures jour jours semaine semaines mois an ans année années mètre mètres "
    "kilogramme kilogrammes centimètre centimètres sekunde sekunden stunde stunden tag tage tagen arbeitstag "
    "arbeitstage arbeitstagen woche wochen monat monate monaten jahr jahre jahren kilometer kilogramm meter euro "
    "segundo segundos minuto minutos hora horas día días semana semanas mes meses año años metro metros".split()
)
SCALES: Final = frozenset("thousand million millions billion billions millón millones Million Millionen".split())
FIRST_PERSON: Final = "I"

Kind = Literal["number", "date", "name", "word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word, number, date or name of a text at its place.

    A name is a word with a capital letter that does not begin a sentence; where a language writes all its nouns so,
    each of them is one, which errs on the safe side.
    """

    kind: Kind
    value: str  # a number as `number_value` writes it, a date as ISO 8601 does, any other word in lower case
    stem: str  # the same for all words that stand for one another; "" for a stop word
    start: int  # code points
    clause: int  # from 0; commas and conjunctions part clauses
    light: bool = False  # grammar alone
    bound: str = ""  # of a number or date: one of ≥ ≤ < > ~, or on which side of it something lies
    units: frozenset[str] = frozenset()  # what may be a number's unit; exactly one where it is a known one

    @property
    def is_anchor(self) -> bool:
        return self.kind != "word"

    turning: str = ""  # how it turns or limits what is said


def read_tokens(text: str, language: str, *, names: frozenset[str] = frozenset()) -> tuple[Token, ...]:
    """Give the words, numbers, dates and names of `text` in order.

    Args:
        text: as it is written, or as `quantities.canonical` writes it: only there are bounds and dates seen.
        language: ISO 639-1.
        names: words that are names even where they begin a sentence.

    """
    found = list(TOKEN.finditer(text))
    pieces = [match.group() for match in found]
    tokens: list[Token] = []
    clause = 0
    for index, (match, piece) in enumerate(zip(found, pieces, strict=True)):
        if piece.lower() in BOUNDARIES:
            clause += bool(tokens) and tokens[-1].clause == clause
        if piece in BOUND_SIGNS or (not piece[0].isalnum() and not DATE.fullmatch(piece)):
            continue
        word = re.sub("['’]s$", "", ELIDED.sub("", piece))
        kind, value = kind_of(word, language)
        begins = bool(SENTENCE_START.search(text[: match.start()]))
        if kind == "word" and word[0].isupper() and word != FIRST_PERSON and (not begins or word.lower() in names):
            kind = "name"
        tokens.append(
            Token(
                kind=kind,
                value=value,
                stem=meaning_stem(word, language),
                start=match.start(),
                clause=clause,
                light=is_light(word, language),
                turning="" if is_bound(word, pieces[index + 1 :]) else TURNING.get(word.lower(), ""),
                bound=bound(pieces[:index]) if kind in {"number", "date"} else "",
                units=units(pieces[index + 1 : index + 1 + UNIT_WORDS], language)
                if kind == "number" and ":" not in value
                else frozenset(),
            )
        )
    return tuple(tokens)


def kind_of(word: str, language: str) -> tuple[Kind, str]:
    if DATE.fullmatch(word):
        return "date", word
    value = number_value(word, language)
    return ("word", word.lower()) if value is None else ("number", value)


def bound(before: Sequence[str]) -> str:
    """Give what bounds a number, from the words before it."""
    for piece in reversed(before):
        if piece in BOUND_SIGNS:
            return piece
        word = re.split("['’]", ELIDED.sub("", piece).lower())[0]
        if word in BOUND_WORDS:
            return BOUND_WORDS[word]
        if word not in PASSED_OVER:
            break
    return ""


def is_bound(word: str, after: Sequence[str]) -> bool:
    """Say whether a word like "until" bounds the number that follows: then it is the number's, and not a word."""
    first = next((piece for piece in after if piece.lower() not in PASSED_OVER), " ")
    return word.lower() in BOUND_WORDS and (first[0].isdigit() or bool(DATE.fullmatch(first)))


def units(after: Sequence[str], language: str) -> frozenset[str]:
    """Give what may be a number's unit: a known one after it, else the words that follow it at once."""
    scale = ""
    for word in after:
        if word.lower() in SCALES:
            scale = f"{word.lower().rstrip('s')} "
        elif word.lower() in UNITS:
            return frozenset({f"{scale}{unit_of(word, language)}"})
    if scale:
        return frozenset({scale})
    directly = takewhile(lambda word: word[0].isalpha() and meaning_stem(word, language), after)
    return frozenset(unit_of(word, language) for word in directly)


def unit_of(word: str, language: str) -> str:
    return word if word in SYMBOLS else meaning_stem(word, language)


def numbers(text: str, language: str) -> frozenset[str]:
    return frozenset(token.value for token in read_tokens(text, language) if token.kind == "number")


def names(text: str, language: str) -> tuple[str, ...]:
    return tuple(token.value for token in read_tokens(text, language) if token.kind == "name")


def same(claimed: Token, held: Token) -> bool:
    """Say whether two tokens are the same thing, a number with its unit and bound, a date as far as it is given."""
    if claimed.kind == held.kind == "number":
        bounded = claimed.bound in {held.bound, "~"}
        fits = not claimed.units or not held.units or bool(claimed.units & held.units)
        return claimed.value == held.value and bounded and fits
    if claimed.kind == held.kind == "date":
        return claimed.bound in {held.bound, "~"} and same_date(claimed.value, held.value)
    if claimed.kind == "number" and held.kind == "date":
        return bool(YEAR.fullmatch(claimed.value)) and held.value.startswith(claimed.value)
    if "number" in {claimed.kind, held.kind} or "date" in {claimed.kind, held.kind}:
        return False
    if claimed.kind == held.kind == "name" and claimed.value == held.value:
        return True
    return bool(claimed.stem) and claimed.stem == held.stem


def same_date(claimed: str, held: str) -> bool:
    ours, theirs = DATE.fullmatch(claimed), DATE.fullmatch(held)
    if ours is None or theirs is None:
        return False
    return all(part is None or part == theirs[name] for name, part in ours.groupdict().items())
