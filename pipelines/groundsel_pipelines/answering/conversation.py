"""Conversation: what needs no document, and follow-up questions made to stand alone, by rules; when in doubt, as asked.

A question that leans on the one before it names what it asks for and leaves out the rest ("And in Grenoble?"), or says
"it", "there", "she" for what was named before. The rest, or the name, is put in; anything else stays as it is typed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from groundsel_pipelines.answering.replies import Kind
from groundsel_pipelines.types import Turn
from groundsel_pipelines.words import ASKING, asked_language, stem

REMEMBERED: Final = 6  # turns that are looked at
CHATTING: Final[Mapping[Kind, str]] = {  # patterns, one a line
    "greeting": r"""
        (hi|hello|hey|good (morning|afternoon|evening))( there| all)?
        bonjour( à tous)?|bonsoir|salut
        (hallo|guten (tag|morgen|abend)|moin|servus)( zusammen)?
        hola|buenos días|buenas (tardes|noches)""",
    "thanks": r"""
        (thanks|thank you)( very much| so much| a lot)?
        merci( beaucoup| bien)?
        (vielen )?dank|danke( schön| sehr)?
        (muchas )?gracias""",
    "farewell": r"""
        bye|goodbye|see you( later)?
        au revoir|à bientôt
        tschüss|auf wiedersehen
        adiós|hasta luego""",
    "about": r"""
        (who|what) are you|what can you do|how do you work|help
        qui (es[- ]tu|êtes[- ]vous)|que (peux[- ]tu|pouvez[- ]vous) faire|aide
        wer (bist du|sind sie)|was (kannst du|können sie)( tun)?|hilfe
        quién eres|qué puedes hacer|ayuda""",
    "recall": r"""
        what (did i|have i)( just)? ask(ed)?( you)?( before| last)?|what was my (last|previous) question
        qu['’]est[- ]ce que j['’]ai demandé|quelle était ma dernière question
        was habe ich( gerade| zuletzt)? gefragt|was war meine letzte frage
        qué (te )?he preguntado|cuál fue mi última pregunta""",
    "task": r"""
        (please )?(write|compose|tell|sing|draw|translate|imagine)\b.*\b(poem|song|joke|story|essay|code|into \w+)\b.*
        (écris|raconte|traduis|chante|dessine)\b.*
        (schreib|erzähl|übersetz|sing|zeichne)e?\b.*\b(gedicht|witz|geschichte|lied|ins? \w+|bild)\b.*
        (escribe|cuenta|traduce|canta|dibuja)\b.*""",
}
NEXT: Final = "\n        "
CHAT: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(rf"[\s¡¿]*(?:{'|'.join(patterns.strip().split(NEXT))})[\s.!?…]*", re.IGNORECASE))
    for kind, patterns in CHATTING.items()
)
ELLIPSIS: Final = re.compile(
    r"^\s*(?:and|what about|how about|and what about|or|et|et pour|qu['’]en est[- ]il (?:de|pour)|und|"
    r"und was ist mit|wie ist es mit|y|y para|qué hay de|¿\s*y)\s+(?P<rest>[^?]{2,80}?)\s*\?*\s*$",
    re.IGNORECASE,
)
PREPOSITIONS: Final = frozenset(
    "in at on for from to with by of during after before since under over until à en au aux dans pour de du chez avec "
    "sur in im am an bei für mit nach von vor zu zum zur ab seit en para con desde hasta sobre".split()
)
THINGS: Final = re.compile(
    r"\b(?:it|this one|that one|this|that|cela|ça|celui-ci|celle-ci|dies|das|eso|esto|ello)\b", re.IGNORECASE
)
MANY: Final = re.compile(r"\b(?:they|them|these|those|ils|elles|diese|ellos|ellas)\b", re.IGNORECASE)
PERSONS: Final = re.compile(r"\b(?:he|she|him|her|il|elle|er|sie|él|ella)\b", re.IGNORECASE)
PLACES: Final = re.compile(r"\b(?:there|là-bas|dort|allí|allá)\b(?!\s+(?:is|are|was|were|any|a)\b)", re.IGNORECASE)
POSSESSIVES: Final = re.compile(
    r"\b(?:its|their|his|hers?|leurs?|sein(?:e[nmrs]?)?|ihr(?:e[nmrs]?)?|sus?)\b", re.IGNORECASE
)
LEANING: Final = re.compile(
    "|".join(each.pattern for each in (THINGS, MANY, PERSONS, PLACES, POSSESSIVES)), re.IGNORECASE
)
PERSON: Final = re.compile(r"\b[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)+")
PLACE: Final = re.compile(r"\b(?:in|at|to|from|à|en|de|aus|nach|desde) ((?:[A-ZÀ-Þ][\w-]+)(?: [A-ZÀ-Þ][\w-]+)*)")
WORD: Final = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
DETERMINERS: Final = frozenset(
    "the a an our my your le la les un une des nos mon der die das den dem ein eine unser el los las una".split()
)
LINKS: Final = frozenset("of de du des d von del la the der des".split())
AUXILIARIES: Final = re.compile(r"\b(?:do|does|did|can|could|must|may|should|will|would)\b", re.IGNORECASE)
PLURAL: Final = re.compile(r".*\w(?:s|x|en)\b")
MARKER: Final = re.compile(r"\s*\[\d+\]")
MOST_WORDS: Final = 60  # of an answer that a model is shown
FEWEST_WORDS: Final = 2


def chat(text: str) -> Kind | None:
    """Say what kind of remark it is that no document answers, None for a question."""
    return next((kind for kind, pattern in CHAT if pattern.fullmatch(text)), None)


def last_question(history: Sequence[Turn]) -> str:
    """Give the last thing asked that was a question; "" where there is none."""
    asked = (turn.text for turn in reversed(history) if turn.role == "user")
    return next((text for text in asked if chat(text) is None), "")


def standing_alone(text: str, history: Sequence[Turn]) -> str:
    """Give a question that means the same without what was said before; `text` itself where it stands alone."""
    kept = history[-REMEMBERED:]
    before = resolved_last(kept)
    if not before:
        return text
    if found := ELLIPSIS.match(text):
        return completed(found["rest"], before)
    return with_names(text, before, last_answer(kept))


def leans(text: str, history: Sequence[Turn]) -> bool:
    """Say whether a question seems to need what was said before it."""
    if not last_question(history):
        return False
    told = [found for found in LEANING.finditer(text) if not itself_told(text, found)]
    return bool(told or ELLIPSIS.match(text))


def recent(history: Sequence[Turn]) -> tuple[str, ...]:
    """Give the last question, standing alone itself, and what was answered to it: what a model is shown."""
    kept = history[-REMEMBERED:]
    answer = " ".join(MARKER.sub("", last_answer(kept)).split()[:MOST_WORDS])
    return (resolved_last(kept), answer)


def resolved_last(history: Sequence[Turn]) -> str:
    """Give the last question, standing alone itself: "And there?" may follow on "And in Lyon?"."""
    at = next(
        (i for i in reversed(range(len(history))) if history[i].role == "user" and chat(history[i].text) is None), None
    )
    return "" if at is None else standing_alone(history[at].text, history[:at])


def last_answer(history: Sequence[Turn]) -> str:
    return next((turn.text for turn in reversed(history) if turn.role == "assistant"), "")


def completed(rest: str, before: str) -> str:
    """Put what a question names in the place of its like in the question before: a name, a phrase, a noun."""
    words = rest.split()
    preposition = words[0].lower()
    if preposition in PREPOSITIONS and len(words) >= FEWEST_WORDS:
        same = re.compile(
            rf"\b{re.escape(words[0])}\s+(?:[A-ZÀ-Þ\d][\w’'-]*(?:\s+[A-ZÀ-Þ\d][\w’'-]*)*|\w+(?=\s*\?|\s*$))"
        )
        places = list(same.finditer(before))
        if places:
            return before[: places[-1].start()] + rest + before[places[-1].end() :]
        return f"{before.rstrip(' ?')} {rest}?"
    language = asked_language(before)
    tokens = list(WORD.finditer(before))
    head = stem(words[-1].lower(), language)
    for index in reversed(range(len(tokens))):
        if head and stem(tokens[index].group().lower(), language) == head:
            first = index - (len(words) - 1 if plain_before(tokens, index, language) else 0)
            return before[: tokens[max(first, 0)].start()] + rest + before[tokens[index].end() :]
    names = named(before)
    if names and words[-1][0].isupper():
        begin, end = names[-1]
        bare = " ".join(words[1:]) if words[0].lower() in DETERMINERS and len(words) > 1 else rest
        return before[:begin] + bare + before[end:]
    return f"{before.rstrip(' ?')}, {rest}?"


def plain_before(tokens: Sequence[re.Match[str]], index: int, language: str) -> bool:
    """Say whether the word before is part of the noun: "full-time employees", not "do employees"."""
    if not index:
        return False
    word = tokens[index - 1].group().lower()
    idle = ASKING.get(language, ASKING["en"])
    return word not in idle | DETERMINERS | PREPOSITIONS and bool(stem(word, language))


def named(text: str) -> list[tuple[int, int]]:
    """Give the places of names: words with a capital, but for the first of the text."""
    pattern = re.compile(r"(?<=\w )[A-ZÀ-Þ\d][\w’'-]*(?: [A-ZÀ-Þ\d][\w’'-]*)*")
    return [(found.start(), found.end()) for found in pattern.finditer(text)]


def with_names(text: str, before: str, answer: str) -> str:
    """Put names in the place of the words that stand for them; one that cannot be told stays."""
    if (person := last(PERSON, answer) or last(PERSON, before)) and PERSONS.search(text) and not PERSON.search(text):
        return PERSONS.sub(lambda _: person, text, count=1)
    if (place := last(PLACE, before) or last(PLACE, answer)) and PLACES.search(text):
        return PLACES.sub(f"{preposition_of(before, place)} {place}", text, count=1)
    chunks = noun_phrases(before)
    if not chunks or not (THINGS.search(text) or MANY.search(text)):
        return text
    if found := MANY.search(text):
        several = [plural[0] for chunk in chunks if (plural := PLURAL.match(chunk))] or chunks
        return text[: found.start()] + several[-1] + text[found.end() :]
    things = [chunk for chunk in chunks if not chunk.endswith("s")] or chunks
    longest = max(things, key=lambda chunk: (any(letter.isupper() for letter in chunk), len(chunk)))
    if (found := THINGS.search(text)) and not itself_told(text, found):
        return text[: found.start()] + longest + text[found.end() :]
    return text


def itself_told(text: str, found: re.Match[str]) -> bool:
    """Say whether the word only introduces another: "that the lease ends", "this year"."""
    following = WORD.match(text[found.end() :].lstrip())
    shows = found.group().lower() in {"this", "that", "das", "dies"}
    language = asked_language(text)
    idle = ASKING.get(language, ASKING["en"]) | {
        "is",
        "are",
        "be",
        "apply",
        "mean",
        "work",
        "cost",
        "take",
        "end",
        "happen",
    }
    return shows and following is not None and following.group().lower() not in idle


def last(pattern: re.Pattern[str], text: str) -> str:
    found = list(pattern.finditer(text))
    return "" if not found else found[-1].group(found[-1].re.groups)


def preposition_of(text: str, place: str) -> str:
    found = re.search(rf"\b(\w+) {re.escape(place)}", text)
    return found[1] if found and found[1].lower() in PREPOSITIONS else "in"


def noun_phrases(question: str) -> list[str]:
    """Give what a question speaks of: runs of words that neither ask nor help, with what links them."""
    language = asked_language(question)
    idle = ASKING.get(language, ASKING["en"]) | {"is", "are", "be"} | (PREPOSITIONS - LINKS)
    runs: list[list[str]] = [[]]
    for word in (match.group() for match in WORD.finditer(question)):
        linking = word.lower() in LINKS | DETERMINERS
        if word.lower() in idle - LINKS and not linking:
            runs.append([])
        else:
            runs[-1].append(word)
    if runs[-1] and AUXILIARIES.search(question) and len(runs[-1]) > 1:
        runs[-1].pop()  # the verb: "how long does the battery last"
    phrases = [" ".join(words) for run in runs if (words := trimmed(run))]
    return [phrase for phrase in phrases if stem(phrase.split()[-1].lower(), language)]


def trimmed(run: Sequence[str]) -> Sequence[str]:
    """Take the links from both ends, but for an article at the beginning."""
    words = list(run)
    while words and words[-1].lower() in LINKS | DETERMINERS:
        words.pop()
    while words and words[0].lower() in LINKS - DETERMINERS:
        words.pop(0)
    return words
