"""What a question asks for: its telling words and numbers, and the kind of answer it wants."""

import re
from dataclasses import dataclass
from typing import Literal

from groundsel_pipelines.answering.numbers import number_value
from groundsel_pipelines.words import telling_words

Kind = Literal["number", "date", "name", "other"]

NUMBER = (
    r"how (?:many|much|long|old|far|high|tall|big|large|often|fast)|"
    r"(?:what|which) (?:\w+ )?(?:percentage|number|amount|price|share|value|rate|fee|sum)|"
    r"combien|quel (?:montant|prix|délai)|quelle durée|wie ?viele?|wie (?:lange|hoch|oft|teuer|groß)|"
    r"cuánt[oa]s?|quant[oaie]"
)
DATE = (
    r"when|what (?:year|date|day|month|time)|which (?:year|day|month)|until when|quand|quelle (?:date|année|heure)|"
    r"wann|seit wann|bis wann|welche[sm]? (?:jahr|datum)|cuándo|quando"
)
NAME = r"who|whom|whose|qui|wer|wem|wen|quién|chi"


def asking(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("number", asking(NUMBER)),
    ("date", asking(DATE)),
    ("name", asking(NAME)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, read in the language of the text that may answer it."""

    text: str
    kind: Kind
    stems: frozenset[str]  # of its content words, without those that only ask
    numbers: frozenset[str]  # as `number_value` writes them


def read_question(text: str, language: str) -> Question:
    telling = telling_words(text, language)
    return Question(
        text=text,
        kind=kind_of(text),
        stems=frozenset(word.stem for word in telling) - {""},
        numbers=frozenset(filter(None, (number_value(text[word.start : word.end], language) for word in telling))),
    )


def kind_of(text: str) -> Kind:
    """Give the kind whose asking words stand first in the question."""
    found: list[tuple[int, Kind]] = [
        (match.start(), kind) for kind, pattern in KINDS if (match := pattern.search(text))
    ]
    return min(found)[1] if found else "other"
