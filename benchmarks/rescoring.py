"""What was tried on the order of results, each way beside the default on the same questions.

Titles and headings that count more, words that stand close together (Metzler and Croft 2005), and feedback from the
first passages (RM3: Lavrenko and Croft 2001). What reads the best results anew is measured by `reranking.py`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import log
from time import perf_counter
from typing import Final

import anyio
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import Progress

from groundsel_pipelines.composition import open_embedder, open_fusion
from groundsel_pipelines.evaluating.intervals import difference, mean_interval
from groundsel_pipelines.evaluating.judgments import ANYONE, Question
from groundsel_pipelines.evaluating.measures import by_query
from groundsel_pipelines.evaluating.preparing import Prepared, prepared
from groundsel_pipelines.evaluating.relevance import FIRST
from groundsel_pipelines.evaluating.retrieving import relevance, units
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.protocols import Fusion
from groundsel_pipelines.settings import Settings, read_settings
from groundsel_pipelines.types import Passage, Query, Ranking
from groundsel_pipelines.words import telling_words
from reporting import Row, arguments, report, set_folder
from scoreboard import SETS, told_by

DEFAULT: Final = "default"
NEAR: Final = 8  # words: two of the question's words in such a stretch stand together
LOOKED_AT: Final = 10  # passages that feedback reads
ADDED: Final = 10  # words that feedback adds

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with what both legs found for it."""

    question: Question
    lexical: Ranking
    dense: Ranking


# ---------------------------------------------------------------- ways to rescore the ranking by words


def rescored(ranking: Ranking, gains: Sequence[float]) -> Ranking:
    """Multiply scores by 1 + gain, and order anew."""
    scores = [hit.score * (1 + gain) for hit, gain in zip(ranking, gains, strict=True)]
    order = sorted(range(len(ranking)), key=lambda at: -scores[at])
    return tuple(replace(ranking[at], score=scores[at], rank=rank) for rank, at in enumerate(order, 1))


def stems_of(text: str, language: str) -> list[str]:
    return [word.stem for word in telling_words(text, language) if word.stem]


def by_title(asked: Asked, *, weight: float) -> Ranking:
    """Add the share of the question's words that title and headings hold."""
    return rescored(asked.lexical, [weight * share_in_title(asked.question.text, hit.passage) for hit in asked.lexical])


def share_in_title(question: str, passage: Passage) -> float:
    wanted = set(stems_of(question, passage.language))
    held = set(stems_of(" ".join((passage.title, *passage.headings)), passage.language))
    return len(wanted & held) / len(wanted) if wanted else 0.0


def by_proximity(asked: Asked, *, weight: float) -> Ranking:
    """Add for each two words that follow one another in the question and stand together in the passage."""
    return rescored(asked.lexical, [weight * together(asked.question.text, hit.passage) for hit in asked.lexical])


def together(question: str, passage: Passage) -> float:
    pairs = list(pairwise(stems_of(question, passage.language)))
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, stem in enumerate(stems_of(passage.text, passage.language)):
        places[stem].append(at)
    near = sum(any(0 < abs(a - b) < NEAR for a in places[one] for b in places[other]) for one, other in pairs)
    return near / len(pairs) if pairs else 0.0


def feedback_text(asked: Asked, *, times: int) -> str:
    """Give the question `times` times, with the words that tell the first passages from the others."""
    first = [hit.passage for hit in asked.lexical[:LOOKED_AT]]
    held = [Counter(stems_of(hit.passage.text, hit.passage.language)) for hit in asked.lexical]
    among = Counter(stem for words in held for stem in words)
    weights: defaultdict[str, float] = defaultdict(float)
    for words, hit in zip(held, asked.lexical[:LOOKED_AT], strict=False):
        for stem, count in words.items():
            weights[stem] += hit.score * count / max(1, words.total()) * log(1 + len(held) / among[stem])
    written = {
        word.stem: passage.text[word.start : word.end]
        for passage in first
        for word in telling_words(passage.text, passage.language)
    }
    added = [written[stem] for stem in sorted(weights, key=lambda stem: -weights[stem])[:ADDED] if stem in written]
    return " ".join([*[asked.question.text] * times, *added])


# ---------------------------------------------------------------- all of it over one set

LEXICAL_WAYS: Final[Mapping[str, Callable[[Asked], Ranking]]] = {
    "title .2": partial(by_title, weight=0.2),
    "title .5": partial(by_title, weight=0.5),
    "proximity .2": partial(by_proximity, weight=0.2),
    "proximity .5": partial(by_proximity, weight=0.5),
}
FEEDBACK_TIMES: Final = (2, 4)


async def rankings_of(
    asked: Asked, ready: Prepared, fusion: Fusion, took: defaultdict[str, float]
) -> dict[str, Ranking]:
    """Give what each way shows for a question; adds to `took` the milliseconds beyond the default."""
    found = {DEFAULT: fusion([asked.lexical, asked.dense])}
    for name, way in LEXICAL_WAYS.items():
        began = perf_counter()
        lexical = way(asked)
        took[name] += (perf_counter() - began) * 1000
        found[name] = fusion([lexical, asked.dense])
    for times in FEEDBACK_TIMES:
        name = f"feedback 1 to {times}"
        began = perf_counter()
        query = Query(text=feedback_text(asked, times=times), principals=ANYONE, top_k=100)
        again = await ready.store.search_lexical(query)
        took[name] += (perf_counter() - began) * 1000
        found[name] = fusion([again, asked.dense])
    return found


async def measured(name: str, settings: Settings, limit: int) -> list[Row]:
    evaluation = read_set(set_folder(name), limit=limit or None)
    embedder = open_embedder(settings)
    fusion = open_fusion(settings.search, embedder)
    runs: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    took: defaultdict[str, float] = defaultdict(float)
    questions = [question for question in evaluation.questions if question.answerable]
    with Progress(console=Console(stderr=True)) as progress:
        told = told_by(progress)
        async with prepared(evaluation, settings, embedder=embedder, principals=ANYONE, told=told) as ready:
            for done, question in enumerate(questions, 1):
                query = Query(text=question.text, principals=ANYONE, top_k=settings.search.top_k)
                lexical = await ready.store.search_lexical(query)
                dense = await ready.store.search_dense(query, embedder.embed_query(question.text))
                asked = Asked(question=question, lexical=lexical, dense=dense)
                for way, ranking in (await rankings_of(asked, ready, fusion, took)).items():
                    runs[way][question.query_id] = units(ranking, question, ready.doc_ids)
                told("searching", done, len(questions))
            qrels = {each.query_id: relevance(each, ready.doc_ids) for each in questions}
    scores = {way: list(by_query(qrels, run, (FIRST,))[FIRST].values()) for way, run in runs.items()}
    return [
        {
            "set": name,
            "way": way,
            FIRST: str(mean_interval(values)),
            "gain over default": "" if way == DEFAULT else str(difference(values, scores[DEFAULT])),
            "ms a question": round(took[way] / len(questions), 1),
        }
        for way, values in scores.items()
    ]


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", choices=SETS, action="append", help="only this one; may be repeated")
    parser.add_argument("--limit", type=int, default=0, help="questions of a set; 0 for all")
    given = parser.parse_args()
    rows = [
        row for name in given.set or SETS for row in anyio.run(partial(measured, name, read_settings(), given.limit))
    ]
    report("Ways to order results", rows, json_file=given.json)


if __name__ == "__main__":
    main()
