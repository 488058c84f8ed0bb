"""Pronouns: "it", "there", "she" and the like are exchanged for what was named before; what cannot be told stays."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from groundsel_pipelines.answering.phrases import NAME, PREPOSITIONS, WORD, noun_phrases, without_determiner
from groundsel_pipelines.words import ASKING, asked_language

THINGS: Final = re.compile(
    r"\b(?:it|this one|that one|this|that|cela|ça|celui-ci|celle-ci|dies|das|eso|esto|ello)\b|\bone\b(?=\s*\?)",
    re.IGNORECASE,
)
MANY: Final = re.compile(r"\b(?:they|them|these|those|ils|elles|diese|ellos|ellas)\b", re.IGNORECASE)
PERSONS: Final = re.compile(r"\b(?:he|she|him|her)\b|\b(?:il|elle|er|sie|él|ella)\b", re.IGNORECASE)
PLACES: Final = re.compile(r"\b(?:there|là-bas|dort|allí|allá)\b(?!\s+(?:is|are|was|were|any|a)\b)", re.IGNORECASE)
POSSESSIVES: Final = re.compile(r"\b(?:its|their|his|her)\b(?=\s+\w)", re.IGNORECASE)
EVERY: Final = (THINGS, MANY, PERSONS, PLACES, POSSESSIVES)
LEANING: Final = re.compile("|".join(f"(?:{each.pattern})" for each in EVERY), re.IGNORECASE)
IMPERSONAL: Final = re.compile(  # these stand for nothing that was named
    r"\by a-t-il\b|\bil y a\b|\bfaut-il\b|\bil faut\b|\best-il (?:possible|permis|nécessaire)\b|"
    r"\b(?:what|which) time is it\b|\bfait-il\b|\bis it (?:rain|snow|hot|cold|late|true)\w*|"
    r"\b(?:is|does|was) it (?:\w+ )?(?:that|to|possible|allowed|true)\b|\bdoes it mean\b(?=.*\b(?:that|if|when)\b)",
    re.IGNORECASE,
)
PERSON: Final = re.compile(r"\b[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)+")
PLACE: Final = re.compile(rf"\b(?:in|at|to|from|à|en|de|aus|nach|desde) ({NAME})")
PLURAL: Final = re.compile(r".*\w(?:s|x|en)\b")
ASKS_WHO: Final = re.compile(r"\b(?:who|whom|qui|wer|wem|wen|quién|quiénes)\b", re.IGNORECASE)
OF_PERSONS: Final = frozenset({"his", "her"})
ENGLISH: Final = frozenset({"he", "she", "him", "her"})
INVERTED: Final = re.compile(r"(?:-t)?-$")  # French: "pèse-t-elle"


def pronouns(text: str) -> list[re.Match[str]]:
    """Give the words of a question that stand for something said before."""
    if IMPERSONAL.search(text):
        return []
    return [found for found in LEANING.finditer(text) if not itself_told(text, found)]


def with_names(text: str, before: str, answer: str) -> str:
    """Put a name in the place of the first word that stands for one; where it cannot be told, the word stays."""
    found = next(iter(pronouns(text)), None)
    return put(text, found, meant(text, found, before, answer)) if found else text


def meant(text: str, found: re.Match[str], before: str, answer: str) -> str:
    """Say what a pronoun stands for; "" where that cannot be told."""
    word, things = found.group(), noun_phrases(before)
    person = (last(PERSON, answer) if ASKS_WHO.search(before) or word.lower() in ENGLISH else "") or last(
        PERSON, before
    )
    if owner(text, found):
        whose = (
            person
            if word.lower() in OF_PERSONS
            else of_many(things, before)
            if word.lower() == "their"
            else of_one(things, before)
        )
        return f"{whose.rpartition(' of ')[2]}'s" if whose else ""
    if PLACES.fullmatch(word):
        place = last(PLACE, before) or last(PLACE, answer)
        return f"{preposition_of(before, place)} {place}" if place else ""
    if PERSONS.fullmatch(word) and ((person and not PERSON.search(text)) or word.lower() in ENGLISH):
        return person if not PERSON.search(text) else ""
    return of_many(things, before) if MANY.fullmatch(word) else of_one(things, before)


def put(text: str, found: re.Match[str], name: str) -> str:
    """Exchange a pronoun for a name; "" leaves it."""
    if not name:
        return text
    head, tail = text[: found.start()], text[found.end() :]
    if INVERTED.search(head):
        head = f"{INVERTED.sub('', head)} "
    return head + name + tail


def of_one(things: Sequence[str], before: str) -> str:
    """Give the first thing with a capital, rather one with an article, else the first; a singular if there is one."""
    single = [thing for thing in things if not thing.endswith("s")] or list(things)
    return max(single, key=partial(telling, before), default="")


def telling(before: str, thing: str) -> tuple[bool, bool]:
    own = thing[1:] if before.startswith(thing) else thing  # a question begins with a capital
    return any(letter.isupper() for letter in own), without_determiner(thing) != thing


def of_many(things: Sequence[str], before: str) -> str:
    """Give the first phrase that reads as a plural, up to that word where nothing belongs to it."""
    for thing in things:
        if plural := PLURAL.match(thing):
            return thing if " of " in thing else plural[0]
    return of_one(things, before)


def owner(text: str, found: re.Match[str]) -> bool:
    """Say whether the word says whose something is: "her office", not "reach her by phone"."""
    if not POSSESSIVES.match(text, found.start()):
        return False
    following = WORD.match(text[found.end() :].lstrip())
    return following is not None and following.group().lower() not in PREPOSITIONS | ASKING["en"]


def itself_told(text: str, found: re.Match[str]) -> bool:
    """Say whether the word stands for nothing: "that the lease ends", "this year", the "Sie" of courtesy."""
    if found.group() == "Sie":
        return True
    following = WORD.match(text[found.end() :].lstrip())
    shows = found.group().lower() in {"this", "that", "das", "dies", "diese", "these", "those"}
    language = asked_language(text)
    idle = ASKING.get(language, ASKING["en"]) | set("is are be apply mean work cost take end happen".split())
    return shows and following is not None and following.group().lower() not in idle


def last(pattern: re.Pattern[str], text: str) -> str:
    found = list(pattern.finditer(text))
    return "" if not found else found[-1].group(found[-1].re.groups)


def preposition_of(text: str, place: str) -> str:
    found = re.search(rf"\b(\w+) {re.escape(place)}", text)
    return found[1] if found and found[1].lower() in PREPOSITIONS else "in"
