"""Claims about real sentences, made by code: true ones, said in another way, and false ones, turned in one place.

The sentences are the demo company's; pipelines/answering/claims.jsonl
holds what no rule makes: sentences written by hand, in four languages.
"""

import json
import re
import tomllib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from groundsel_pipelines.languages import detect_language
from groundsel_pipelines.sentences import sentence_spans

DEMO = Path(__file__).parents[1] / "examples" / "demo-company"
WRITTEN = Path(__file__).parent / "pipelines" / "answering" / "claims.jsonl"
TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
LANGUAGES = ("en", "fr", "de", "es")
LEAST_WORDS, MOST_WORDS = 6, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    text: str
    evidence: str
    language: str
    supported: bool
    kind: str  # how it was made


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    text: str
    language: str


def demo_statements() -> list[Statement]:
    """Give the sentences of the demo company's documents, without headings, tables and leading marks."""
    files = sorted([*DEMO.glob("documents/**/*.md"), *DEMO.glob("content/**/*.md")])
    return [statement for file in files for statement in statements(file.read_text(encoding="utf-8"))]


def statements(text: str) -> Generator[Statement]:
    language = detect_language(text)
    if language not in LANGUAGES:
        return
    lines = (line for line in text.splitlines() if line and not line.startswith(("#", "|", "-", "date:", "<")))
    for line in lines:
        plain = re.sub(r"^\d+\. |[*_`]", "", line).strip()
        for start, end in sentence_spans(plain, language):
            sentence = plain[start:end]
            if sentence.endswith(".") and LEAST_WORDS <= len(sentence.split()) <= MOST_WORDS:
                yield Statement(text=sentence, language=language)


def written_claims() -> list[Claim]:
    return [Claim(**json.loads(line)) for line in WRITTEN.read_text(encoding="utf-8").splitlines()]


def made_claims(found: Sequence[Statement], *, seed: int = 8) -> list[Claim]:
    """Make every claim that a rule can make of the statements, each rule at most once a statement."""
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    others: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for statement in found:
        others[statement.language].append(statement.text)
    claims = []
    for statement in found:
        given = Given(
            text=statement.text,
            language=statement.language,
            random=random,
            others=others[statement.language],
        )
        for rules, supported in ((TRUE, True), (FALSE, False)):
            for kind, rule in rules.items():
                text = rule(given)
                if text and text != statement.text:
                    claims.append(
                        Claim(
                            text=text,
                            evidence=statement.text,
                            language=statement.language,
                            supported=supported,
                            kind=kind,
                        )
                    )
        claims.append(
            Claim(
                text=statement.text,
                evidence=statement.text,
                language=statement.language,
                supported=True,
                kind="verbatim",
            )
        )
    return claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Given(Statement):
    """A statement, and what a rule may draw from."""

    random: Random
    others: Sequence[str]  # statements of its language


Rule = Callable[[Given], str | None]


def replaced(text: str, pairs: Iterable[tuple[str, str]], random: Random) -> str | None:
    """Replace one word or phrase by its counterpart, a random one of those that are there."""
    there = [
        (match, new)
        for old, new in pairs
        for match in re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", text, re.IGNORECASE)
    ]
    if not there:
        return None
    match, new = random.choice(there)
    new = new[0].upper() + new[1:] if match[0][0].isupper() and match.start() == 0 else new
    return text[: match.start()] + new + text[match.end() :]


def table(pairs: str) -> list[tuple[str, str]]:
    """Read "a > b; c = d": a becomes b; c becomes d and d becomes c."""
    found: list[tuple[str, str]] = []
    for pair in " ".join(pairs.split()).split(";"):
        old, sign, new = re.split(r"\s*([>=])\s*", pair.strip())
        found += [(old, new)] if sign == ">" else [(old, new), (new, old)]
    return found


def by_table(tables: Mapping[str, str]) -> Rule:
    read = {language: table(pairs) for language, pairs in tables.items()}

    def rule(given: Given) -> str | None:
        return replaced(given.text, read.get(given.language, []), given.random)

    return rule


# ---------------------------------------------------------------- true: shorter, reordered, in other words

NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?:[.,]\d+)?(?![\w,:/-]|\.\d)")
MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
}
FRONTED = re.compile(
    r"^((?:In|From|Since|On|At|After|During|Before|Within|For|À|En|Depuis|Après|Pour|Dans|Seit|Ab|Im|Nach|Bei|Am|En|"
    r"Desde|Para|Tras|Durante) [^,]{3,40}), (.+)\.$"
)
SECOND_CLAUSE = re.compile(
    r"^(.{25,}?)(?:; |, (?:which|who|where|because|weil|da|car|qui|que|porque|and|und|et|y) ).{8,}\.$"
)
PARENTHESIS = re.compile(r" \([^)]*\)")


def shortened(given: Given) -> str | None:
    if found := SECOND_CLAUSE.match(given.text):
        return f"{found[1].rstrip(',;')}."
    return PARENTHESIS.sub("", given.text)


def reordered(given: Given) -> str | None:
    """Put a phrase from the beginning of an English or Romance sentence to its end; German turns the verb as well."""
    found = FRONTED.match(given.text)
    if not found or given.language == "de" or ";" in found[2]:
        return None
    return f"{found[2][0].upper()}{found[2][1:]} {found[1][0].lower()}{found[1][1:]}."


def other_date(given: Given) -> str | None:
    months = "|".join(MONTHS[given.language])
    found = re.search(rf"\b(\d\d?)(?:er|\.)? (?:de )?({months}) (?:de )?(20\d\d|19\d\d)\b", given.text)
    if not found:
        return None
    month = MONTHS[given.language].index(found[2]) + 1
    written = {
        "en": f"{found[2]} {found[1]}, {found[3]}",
        "de": f"{found[1]}.{month}.{found[3]}",
    }.get(given.language, f"{int(found[1]):02}/{month:02}/{found[3]}")
    return given.text.replace(found[0], written)


def other_digits(given: Given) -> str | None:
    """Write thousands with or without their sign, and small numbers as words."""
    if found := re.search(r"(?<!\d)(\d{1,3})[,.  ](\d{3})(?![\d.,]?\d)", given.text):
        return given.text.replace(found[0], found[1] + found[2])
    return replaced(given.text, [(str(number), word) for number, word in WORDS[given.language]], given.random)


WORDS = {
    language: list(enumerate(words.split(), start=2))
    for language, words in {
        "en": "two three four five six seven eight nine ten eleven twelve",
        "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
        "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    }.items()
}

TRUE: dict[str, Rule] = {
    "shortened": shortened,
    "reordered": reordered,
    "date in another form": other_date,
    "number in another form": other_digits,
} | {kind: by_table(TABLES[kind]) for kind in ("unit in another form", "synonym", "tense")}
# ---------------------------------------------------------------- false: turned in one place


def other_number(given: Given) -> str | None:
    found = list(NUMBER.finditer(given.text))
    if not found:
        return None
    match = given.random.choice(found)
    digits = match[0]
    changed = str(int(digits[-1]) + given.random.choice((1, 3, 7)))[-1]
    other = given.random.choice((digits[:-1] + changed, changed + digits[1:] if changed != "0" else f"1{digits}"))
    return None if other == digits else given.text[: match.start()] + other + given.text[match.end() :]


def swapped_numbers(given: Given) -> str | None:
    found = list(NUMBER.finditer(given.text))
    pairs = [(a, b) for a, b in pairwise(found) if a[0] != b[0]]
    if not pairs:
        return None
    first, second = given.random.choice(pairs)
    text = given.text
    return f"{text[: first.start()]}{second[0]}{text[first.end() : second.start()]}{first[0]}{text[second.end() :]}"


NAME = re.compile(r"(?<=[a-zà-ÿ,;] )[A-ZÀ-Þ][a-zà-ÿ]{2,}(?: [A-ZÀ-Þ][a-zà-ÿ]{2,})?")


def other_name(given: Given) -> str | None:
    """Put a name of another sentence in the place of one of this; German nouns are names to no reader."""
    months = {month for language in MONTHS.values() for month in language}
    here = [found for found in NAME.finditer(given.text) if found[0] not in months]
    if not here or given.language == "de":
        return None
    taken = given.random.choice(here)
    candidates = sorted(
        {
            name
            for other in given.others
            for name in NAME.findall(other)
            if name not in given.text and name not in months
        }
    )
    other: str = given.random.choice(candidates)
    return given.text[: taken.start()] + other + given.text[taken.end() :]


def swapped_names(given: Given) -> str | None:
    """Let two names change places, unless they stand side by side in a list, where their order says nothing."""
    months = {month for language in MONTHS.values() for month in language}
    found = [name for name in NAME.finditer(given.text) if name[0] not in months]
    if len(found) < 2 or given.language == "de":
        return None
    first, second = found[0], found[1]
    between = given.text[first.end() : second.start()]
    if first[0] == second[0] or len(between.split()) < 3:
        return None
    return f"{given.text[: first.start()]}{second[0]}{between}{first[0]}{given.text[second.end() :]}"


def other_month(given: Given) -> str | None:
    months = MONTHS[given.language]
    there = [month for month in months if re.search(rf"\b{month}\b", given.text) and not given.text.startswith(month)]
    if not there:
        return None
    month = given.random.choice(there)
    return re.sub(
        rf"\b{month}\b", months[(months.index(month) + given.random.randint(1, 10)) % 12], given.text, count=1
    )


def other_year(given: Given) -> str | None:
    found = re.search(r"\b(?:19|20)\d\d\b", given.text)
    if not found:
        return None
    return given.text.replace(found[0], str(int(found[0]) + given.random.choice((-2, -1, 1, 2))), 1)


def half_supported(given: Given) -> str | None:
    """Add a clause that another sentence says and this one does not."""
    other = given.random.choice(given.others)
    if other == given.text:
        return None
    joint = {"en": "and", "fr": "et", "de": "und", "es": "y"}[given.language]
    clause = re.split(r"[;,]", other.rstrip("."))[0]
    return f"{given.text.rstrip('.')}, {joint} {clause[0].lower()}{clause[1:]}."


def other_subject(given: Given) -> str | None:
    """Say of something else what the sentence says: the words before the verb are another sentence's."""
    verbs = r"\b(is|are|was|were|has|have|must|may|can|will|est|sont|doit|peut|ist|sind|wird|werden|hat|haben)\b"
    here, there = re.search(verbs, given.text), None
    for _ in range(20):
        other = given.random.choice(given.others)
        there = re.search(verbs, other)
        if (
            here
            and there
            and there.start() > 8
            and " " in other[: there.start() - 1]
            and not set(other[: there.start()].lower().split()) & set(given.text.lower().split())
        ):
            return other[: there.start()] + given.text[here.start() :]
    return None


FALSE: dict[str, Rule] = {
    "another number": other_number,
    "numbers swapped": swapped_numbers,
    "another name": other_name,
    "names swapped": swapped_names,
    "another month": other_month,
    "another year": other_year,
    "half supported": half_supported,
    "another subject": other_subject,
} | {kind: by_table(TABLES[kind]) for kind in ("another unit", "negation", "limit", "obligation", "opposite")}
