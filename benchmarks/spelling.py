"""What query help is worth: nDCG@10 of a set as it is and with typing errors, each with and without corrections.

Errors come from a seed: a letter left out, doubled, swapped with its neighbour or hit beside on the keyboard, in a
third of the words of five letters and more, and in one word of every question at least.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import anyio
from rich.console import Console
from rich.progress import Progress

from corpora import default_embedder
from groundsel_pipelines.composition import open_fusion
from groundsel_pipelines.evaluating.intervals import difference, mean_interval
from groundsel_pipelines.evaluating.judgments import ANYONE, Question
from groundsel_pipelines.evaluating.preparing import Told, prepared
from groundsel_pipelines.evaluating.relevance import FIRST, score
from groundsel_pipelines.evaluating.retrieving import find
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.settings import Settings, read_settings
from groundsel_pipelines.types import QueryPlan, Vocabulary
from groundsel_pipelines.understanding import Synonyms, corrections, expansions, read, with_parts
from groundsel_pipelines.words import WORD
from reporting import Row, arguments, report, shared_data
from scoreboard import told_by

SETS: Final = ("xquad-en", "workarena-kb", "cacm")
SEED: Final = 8
SHARE: Final = 1 / 3
LONG: Final = 5  # letters
KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
TODAY: Final = date(2026, 1, 1)  # for none of the sets does it matter


def mistyped(text: str, random: Random) -> str:
    """Put errors into a question."""
    places = [found.span() for found in WORD.finditer(text) if found.group().isalpha() and len(found.group()) >= LONG]
    chosen = [place for place in places if random.random() < SHARE] or (places and [random.choice(places)])
    for start, end in reversed(chosen):
        text = text[:start] + one_error(text[start:end], random) + text[end:]
    return text


def one_error(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)  # the first letter is seldom wrong
    match random.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[: at + 1] + word[at:]
        case 2:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case _:
            return word[:at] + beside(word[at], random) + word[at + 1 :]


def beside(letter: str, random: Random) -> str:
    row = next((row for row in KEYS if letter.lower() in row), "aeiou")
    position = row.find(letter.lower())
    return random.choice([row[near] for near in (position - 1, position + 1) if 0 <= near < len(row)])


def helped(text: str, vocabulary: Vocabulary) -> QueryPlan:
    """Give the plan that the searcher makes of a question."""
    plan = read(text, today=TODAY)
    plan = with_parts(plan, corrections(plan, vocabulary), frozenset())
    return with_parts(plan, expansions(plan, vocabulary, Synonyms({})), frozenset())


async def measure(folder: Path, settings: Settings, embedder: Embedder, limit: int | None, told: Told) -> Row:
    evaluation = read_set(folder, limit=limit)
    default = settings.search.fusion
    fusions = {default: open_fusion(settings.search, embedder)}
    async with prepared(evaluation, settings, embedder=embedder, principals=ANYONE, told=told) as held:
        vocabulary = await held.store.vocabulary(principals=ANYONE)
        random = Random(SEED)  # noqa: S311 - reproducible, not secret
        typed = {each.query_id: mistyped(each.text, random) for each in evaluation.questions}

        async def scores(words: Callable[[Question], str]) -> Sequence[float]:
            asked = [replace(each, text=words(each)) for each in evaluation.questions]
            found = await find(
                asked, held, embedder=embedder, principals=ANYONE, top_k=settings.search.top_k, told=told
            )
            return list(score(found, held.doc_ids, fusions, measures=[FIRST])[default][FIRST].values())

        clean = await scores(lambda each: each.text)
        clean_helped = await scores(lambda each: helped(each.text, vocabulary).words)
        wrong = await scores(lambda each: typed[each.query_id])
        wrong_helped = await scores(lambda each: helped(typed[each.query_id], vocabulary).words)
    lost, regained = difference(clean, wrong), difference(wrong_helped, wrong)
    return {
        "set": folder.name,
        "questions": len(clean),
        "clean": mean_interval(clean).mean,
        "mistyped": mean_interval(wrong).mean,
        "corrected": mean_interval(wrong_helped).mean,
        "lost": str(lost),
        "regained": str(regained),
        "share regained": regained.mean / lost.mean,
        "help on clean": str(difference(clean_helped, clean)),
        "clean questions changed": sum(
            helped(each.text, vocabulary).words != each.text for each in evaluation.questions
        ),
    }


def main() -> None:
    parser = arguments("What corrections regain of what typing errors cost.")
    parser.add_argument("--limit", type=int, help="questions of each set")
    parser.add_argument("sets", nargs="*", default=SETS)
    given = parser.parse_args()
    settings, embedder = read_settings(), default_embedder()
    rows: list[Row] = []
    for name in given.sets:
        with Progress(console=Console(stderr=True)) as progress:
            work = partial(measure, shared_data(name), settings, embedder, given.limit, told_by(progress))
            rows.append(anyio.run(work))
    report("nDCG@10 with and without query help", rows, json_file=given.json)


if __name__ == "__main__":
    main()
