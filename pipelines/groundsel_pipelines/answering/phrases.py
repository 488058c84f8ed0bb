"""Phrases: what a question speaks of, told by the small words around it, in four languages and without a parser."""

import re
from collections.abc import Sequence
from typing import Final

from groundsel_pipelines.words import ASKING, asked_language, stem

WORD: Final = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
CAPITAL: Final = r"[A-ZÀ-Þ\d](?:[\w’'-]|[.,]\d)*"
NAME: Final = rf"{CAPITAL}(?: {CAPITAL})*"  # words with a capital, and numbers
PREPOSITIONS: Final = frozenset(
    "in at on for from to with by of during after before since under over until per above below without "
    "à en au aux dans pour de du chez avec sur im am an bei für mit nach von vor zu zum zur ab seit "
    "para con desde hasta sobre del".split()
)
DETERMINERS: Final = frozenset(
    "the a an our my your le la les un une des nos mon der die das den dem ein eine unser el los las una".split()
)
LINKS: Final = frozenset("of de du des d von del la the der des".split())
BEING: Final = frozenset("is are be was were will".split())
VERBS: Final = frozenset(  # that stand beside what is asked about, in questions without a helping verb before it
    "cost costs last lasts take takes mean means work works end ends begin begins start starts cover covers lead leads "
    "pay pays run runs hold holds".split()
)
IDLE: Final = ASKING["en"] | BEING
MEASURED: Final = frozenset({"how", "wie"})  # a word after it is no thing: "how deep", "wie hoch"
AUXILIARIES: Final = re.compile(r"\b(?:do|does|did|can|could|must|may|should|will|would)\b", re.IGNORECASE)
PASSIVE: Final = re.compile(r"\b(?:is|are|was|were)\b", re.IGNORECASE)
PARTICIPLE: Final = re.compile(
    r"[a-z]+(?:ed|en)|kept|held|sent|paid|made|done|sold|built|led|met|put|known|shown|found|bought|lost"
)


def noun_phrases(question: str) -> list[str]:
    """Give what a question speaks of: runs of words that neither ask nor help, with what links them."""
    language = asked_language(question)
    runs = [trimmed(run, language) for run in runs_of(question, language)]
    phrases = [" ".join(run) for run in runs if run and not run[0].isdecimal()]  # a date is not spoken of
    return [phrase for phrase in phrases if stem(phrase.split()[-1].lower(), language)]


def runs_of(question: str, language: str) -> list[list[str]]:
    """Cut a question at the words that ask, help or begin another phrase; without the verb of what is asked about."""
    idle = ASKING.get(language, ASKING["en"]) | BEING | PREPOSITIONS
    runs: list[list[str]] = [[]]
    helped = -1  # the run that follows a helping verb ends with the verb that it helps
    before = ""
    for word in (match.group() for match in WORD.finditer(question)):
        small = word.lower()
        if small in LINKS | DETERMINERS:
            if small in DETERMINERS and runs[-1] and runs[-1][-1].lower() not in LINKS | DETERMINERS:
                runs.append([])
            runs[-1].append(word)
        elif small in idle or before in MEASURED or (small in VERBS and before not in DETERMINERS):
            if len(runs) - 1 == helped and small in PREPOSITIONS:
                without_verb(runs[-1])
            helped = len(runs) if AUXILIARIES.fullmatch(small) else -1
            runs.append([])
        else:
            runs[-1].append(word)
        before = small
    if len(runs) - 1 == helped or (PASSIVE.search(question) and runs[-1] and PARTICIPLE.fullmatch(runs[-1][-1])):
        without_verb(runs[-1])
    return runs


def without_verb(run: list[str]) -> None:
    """Take the last word, which tells what is done: "does the battery bridge", "where are backups kept"."""
    if len(run) > 1:
        run.pop()


def trimmed(run: Sequence[str], language: str) -> Sequence[str]:
    """Take the links from both ends, but for an article at the beginning; of German, verbs around the noun, too."""
    words = list(run)
    while words and words[-1].lower() in LINKS | DETERMINERS:
        words.pop()
    while words and words[0].lower() in LINKS - DETERMINERS:
        words.pop(0)
    if language == "de":
        while words and words[0].islower() and words[0] not in DETERMINERS:
            words.pop(0)
        while words and words[-1].islower():
            words.pop()
    return words


def without_determiner(phrase: str) -> str:
    first, _, rest = phrase.partition(" ")
    return rest if rest and first.lower() in DETERMINERS else phrase
