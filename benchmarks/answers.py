"""Answers to questions over three collections: right, refused where nothing is told, carried, and how soon.

Quotations and what the default language model writes, over the same results: the demo company's own questions, and
samples of xquad-en and clapnq-dev. In xquad-en some articles are left out of the index; what is asked about them cannot
be answered.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Final, Literal, cast

import anyio
import numpy as np

from corpora import ANYONE, Asked, beir_documents, beir_qrels, default_embedder, document, indexed, rows
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.commands.demo import demo_documents
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.models import load_language_model
from groundsel_pipelines.protocols import Embedder, LanguageModel, Store
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import AnswerRequest, Document
from judging import Outcome, judge
from reporting import Row, arguments, report, shared_data

UNTOLD: Final = 0.3  # share of the sampled questions that the documents do not answer
LEFT_OUT: Final = 0.2  # share of the articles of xquad-en that are not indexed
COLLECTIONS: Final = ("demo", "xquad-en", "clapnq-dev")

Method = Literal["extractive", "generated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An indexed collection and what is asked of it."""

    store: Store
    questions: Sequence[Asked]


@asynccontextmanager
async def demo(embedder: Embedder, _: int) -> AsyncGenerator[Trial]:
    """Ingest the demo company as its user does, and ask every question that came with it."""
    documents = demo_documents()
    questions = [
        Asked(query_id=row["id"], text=row["question"], status=row["status"], answers=right_ones(row))
        for row in rows(documents.parent / "questions.jsonl")
    ]
    with TemporaryDirectory() as home:
        folder = Path(home) / "index"
        settings = f"[store]\nfolder = {json.dumps(str(folder))}\n"
        await anyio.Path(home, "groundsel.toml").write_text(settings, encoding="utf-8")
        await anyio.run_process([sys.executable, "-m", "groundsel_pipelines", "ingest", str(documents)], cwd=home)
        store = EmbeddedStore(folder, embedding_model=embedder.model_id, dimensions=embedder.dimensions)
        await store.prepare()
        try:
            yield Trial(store=store, questions=questions)
        finally:
            await store.close()


def right_ones(row: Mapping[str, str | None]) -> tuple[str, ...]:
    """Give the right answer; where documents contradict each other the file has both, joined by "or"."""
    answer = row["answer"]
    if answer is None:
        return ()
    return tuple(re.split(r",? or ", answer)) if row["status"] == "conflicting" else (answer,)


@asynccontextmanager
async def xquad(embedder: Embedder, count: int) -> AsyncGenerator[Trial]:
    folder = shared_data("xquad-en")
    documents = beir_documents(folder)
    titles = sorted({each.title for each in documents})
    hidden = set(Random(7).sample(titles, int(len(titles) * LEFT_OUT)))  # noqa: S311 - reproducible, not secret
    title_of = {each.doc_id.partition("/")[2]: each.title for each in documents}
    about = {query_id: title_of[name] for query_id, found in beir_qrels(folder).items() for name in found}
    told: list[Asked] = []
    untold: list[Asked] = []
    for row in rows(folder / "queries.jsonl.gz"):
        answers = tuple(answer["text"] for answer in row["answers"])
        if about[row["_id"]] in hidden:
            untold.append(Asked(query_id=row["_id"], text=row["text"], status="not_in_documents"))
        else:
            told.append(Asked(query_id=row["_id"], text=row["text"], status="answered", answers=answers))
    async with indexed((each for each in documents if each.title not in hidden), embedder) as store:
        yield Trial(store=store, questions=sample(told, untold, count))


@asynccontextmanager
async def clapnq(embedder: Embedder, count: int) -> AsyncGenerator[Trial]:
    """Index the passages of all its questions; those without an answer are about a passage that is there as well."""
    folder = shared_data("clapnq-dev")
    questions: dict[str, list[Asked]] = {"answerable": [], "unanswerable": []}
    documents: dict[str, Document] = {}
    for kind, found in questions.items():
        for row in rows(folder / f"clapnq_dev_{kind}.jsonl.gz"):
            for passage in row["passages"]:
                documents[row["id"]] = document(row["id"], title=passage["title"], text=passage["text"])
            found.append(
                Asked(
                    query_id=row["id"],
                    text=row["input"],
                    status="answered" if kind == "answerable" else "not_in_documents",
                    answers=tuple(
                        sentence for output in row["output"] for sentence in output.get("selected_sentences", ())
                    ),
                    references=tuple(output["answer"] for output in row["output"] if output["answer"]),
                )
            )
    async with indexed(documents.values(), embedder) as store:
        yield Trial(store=store, questions=sample(questions["answerable"], questions["unanswerable"], count))


def sample(told: Sequence[Asked], untold: Sequence[Asked], count: int) -> list[Asked]:
    """Draw `count` questions, the same ones each time."""
    random = Random(11)  # noqa: S311 - reproducible, not secret
    refused = int(count * UNTOLD)
    return random.sample(list(told), count - refused) + random.sample(list(untold), refused)


async def ask(trial: Trial, embedder: Embedder, method: Method, model: LanguageModel | None) -> list[Outcome]:
    searcher = Searcher(store=trial.store, embedder=embedder, fusion=min_max_linear)
    answerer = Answerer(
        searcher=searcher, store=trial.store, embedder=embedder, language_model=model, method=method, timeout=20.0
    )
    outcomes: list[Outcome] = []
    documents: dict[str, Document] = {}
    async for _ in answerer.answer(AnswerRequest(text="warm up", principals=ANYONE)):
        pass
    for asked in trial.questions:
        events = [event async for event in answerer.answer(AnswerRequest(text=asked.text, principals=ANYONE))]
        for doc_id in {doc_id for event in events if (doc_id := getattr(event, "doc_id", ""))}:
            documents[doc_id] = cast("Document", await trial.store.read(doc_id, principals=ANYONE))
        outcomes.append(judge(asked, events, documents, embedder))
    return outcomes


def figures(outcomes: Sequence[Outcome]) -> Mapping[str, float | int | str]:
    told = [outcome for outcome in outcomes if outcome.asked.status != "not_in_documents"]
    untold = [outcome for outcome in outcomes if outcome.asked.status == "not_in_documents"]
    conflicting = [outcome for outcome in outcomes if outcome.asked.status == "conflicting"]
    answered = [outcome for outcome in told if outcome.answered]
    reasons = Counter(outcome.end.reason for outcome in outcomes if outcome.end.reason)
    return {
        "answerable questions": len(told),
        "share answered": len(answered) / len(told),
        "right (the answer holds the gold one)": mean(outcome.right for outcome in told),
        "right, of those answered": mean(outcome.right for outcome in answered) if answered else 0.0,
        "answer F1": mean(outcome.f1 for outcome in told),
        "contradictions seen": f"{sum(each.end.status == 'conflicting' for each in conflicting)} of {len(conflicting)}",
        "contradictions seen where there are none": sum(
            each.end.status == "conflicting" for each in outcomes if each.asked.status != "conflicting"
        ),
        "unanswerable questions": len(untold),
        "share answered falsely": mean(outcome.answered for outcome in untold),
        "sentences shown": sum(outcome.sentences for outcome in outcomes),
        "of them without support": sum(outcome.unsupported for outcome in outcomes),
        "quotes that are not the stored text": sum(outcome.misquoted for outcome in outcomes),
        "share written by the model": mean(outcome.end.method == "generated" for outcome in outcomes),
        "quoted instead": ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "-",
        **seconds(outcomes),
    }


def seconds(outcomes: Sequence[Outcome]) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for name, shown in (("results", "results"), ("first_sentence", "first sentence"), ("done", "done")):
        took = [outcome.end.took_ms[name] / 1000 for outcome in outcomes if name in outcome.end.took_ms]
        for percentile in (50, 95):
            found[f"seconds to {shown}, p{percentile}"] = float(np.percentile(took, percentile)) if took else 0.0
    return found


async def measure(names: Sequence[str], methods: Sequence[Method], count: int) -> list[Row]:
    embedder = default_embedder()
    models = read_settings().models
    model = load_language_model(models.folder, models.answer, threads=models.threads)
    columns: dict[str, Mapping[str, float | int | str]] = {}
    collections = {"demo": demo, "xquad-en": xquad, "clapnq-dev": clapnq}
    for name in names:
        async with collections[name](embedder, count) as trial:
            for method in methods:
                outcomes = await ask(trial, embedder, method, model if method == "generated" else None)
                columns[f"{name}, {method}"] = figures(outcomes)
    first = next(iter(columns.values()))
    return [{"figure": figure, **{name: column[figure] for name, column in columns.items()}} for figure in first]


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=150, help="how many of xquad-en and of clapnq-dev")
    parser.add_argument("--collection", choices=COLLECTIONS, action="append", help="only this one; may be repeated")
    parser.add_argument("--method", choices=("extractive", "generated"), action="append", help="only this one")
    options = parser.parse_args()
    methods = options.method or ["extractive", "generated"]
    found = anyio.run(measure, options.collection or COLLECTIONS, methods, options.questions)
    report("Answers", found, json_file=options.json)


if __name__ == "__main__":
    main()
