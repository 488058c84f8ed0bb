"""How a question is put in the language of its document: what is defined, a cell, an item of a list."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CAPITALISED: Final = r"[A-ZÀ-Þ][\w-]*(?: [\w-]+){0,4}?"
WHAT: Final = r"[^.;:]{12,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """The words of one language. `definition` has the groups term, verb and what; `plurals` are its verbs for many."""

    definition: re.Pattern[str]
    defined: str
    many: str
    plurals: frozenset[str]
    cell: str
    item: str


PHRASINGS: Final[Mapping[str, Phrasing]] = {
    "en": Phrasing(
        definition=re.compile(
            rf"^(?!(?:When|If|Where|Whoever|What|Who|There|Here|It|This|That|These|He|She|They|We|You|"
            r"From|At|In|On|For|With|After|Before|By)\b)"
            rf"(?P<term>(?:The |An? )?{CAPITALISED}|An? [\w-]+(?: [\w-]+){{0,4}}?) "
            rf"(?P<verb>is|are|means) (?P<what>(?:an? |the |any |all |every ){WHAT})"
        ),
        defined="What is {term}?",
        many="What are {term}?",
        plurals=frozenset({"are"}),
        cell="What is the {name} of {row}?",
        item="What is the {name}?",
    ),
    "fr": Phrasing(
        definition=re.compile(
            rf"^(?P<term>(?:Le |La |Les |Une? |L['’])?[\w-]+(?: [\w-]+){{0,4}}?) "
            rf"(?P<verb>est|sont|signifie) (?P<what>(?:une? |la |le |les |des ){WHAT})"
        ),
        defined="Qu’est-ce que {term} ?",
        many="Que sont {term} ?",
        plurals=frozenset({"sont"}),
        cell="{row} : quel est « {name} » ?",
        item="Quel est « {name} » ?",
    ),
    "de": Phrasing(
        definition=re.compile(
            r"^(?!(?:Nach|In|Im|Am|An|Bei|Mit|Seit|Ab|Vor|Für|Auf|Aus|Von|Zu|Es|Er|Sie|Hier|Dies|Wer|Was|Wenn)\b)"
            rf"(?P<term>(?:Der |Die |Das |Eine? )?{CAPITALISED}) "
            rf"(?P<verb>ist|sind|bedeutet) (?P<what>(?:eine? |der |die |das ){WHAT})"
        ),
        defined="Was ist {term}?",
        many="Was sind {term}?",
        plurals=frozenset({"sind"}),
        cell="{row}: Was steht unter „{name}“?",
        item="Was steht unter „{name}“?",
    ),
    "es": Phrasing(
        definition=re.compile(
            rf"^(?P<term>(?:El |La |Los |Las |Una? )?[\w-]+(?: [\w-]+){{0,4}}?) "
            rf"(?P<verb>es|son|significa) (?P<what>(?:una? |el |la |los |las ){WHAT})"
        ),
        defined="¿Qué es {term}?",
        many="¿Qué son {term}?",
        plurals=frozenset({"son"}),
        cell="{row}: ¿cuál es «{name}»?",
        item="¿Cuál es «{name}»?",
    ),
}


def phrasing_of(language: str) -> Phrasing:
    """Give the words of a language, those of English where there are none."""
    return PHRASINGS.get(language, PHRASINGS["en"])
