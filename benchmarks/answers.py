"""Answers to questions over two collections of paragraphs: right, refused where nothing is told, carried, how soon.

Quotations and what the default language model writes, over the same results: samples of xquad-en and clapnq-dev, and of
xquad-de and -es where they are named. In xquad some articles are left out of the index; what is asked about them cannot
be answered. A reader that is installed is used; with GROUNDSEL_ROLES__READER= (empty) it is not. The demo company's own
questions are `groundsel eval examples/demo-company`.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final, Literal

import anyio

from corpora import COLLECTION, default_embedder, document, indexed, rows
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.composition import open_answerer
from groundsel_pipelines.evaluating.answers import Answers, ask, judge_answers
from groundsel_pipelines.evaluating.beir import read_beir
from groundsel_pipelines.evaluating.evaluation import gate_in_use
from groundsel_pipelines.evaluating.judgments import ANYONE, Question
from groundsel_pipelines.evaluating.preparing import Prepared
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.roles import open_roles
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.types import Document
from reporting import Row, arguments, report, shared_data

UNTOLD: Final = 0.3  # share of the sampled questions that the documents do not answer
LEFT_OUT: Final = 0.2  # share of the articles of xquad-en that are not indexed

Method = Literal["extractive", "generated"]
Trial = tuple[Prepared, Sequence[Question]]


@asynccontextmanager
async def xquad(embedder: Embedder, count: int, *, language: str) -> AsyncGenerator[Trial]:
    folder = shared_data(f"xquad-{language}")
    corpus = [
        document(row["_id"], title=row["title"], text=row["text"], language=language)
        for row in rows(folder / "corpus.jsonl.gz")
    ]
    titles = sorted({each.title for each in corpus})
    hidden = set(Random(7).sample(titles, int(len(titles) * LEFT_OUT)))  # noqa: S311 - reproducible, not secret
    title_of = {each.doc_id: each.title for each in corpus}
    told: list[Question] = []
    untold: list[Question] = []
    for question in read_beir(folder).questions:
        if title_of[f"{COLLECTION}/{question.gold[0].name}"] in hidden:
            untold.append(replace(question, status="not_in_documents", gold=(), answers=()))
        else:
            told.append(question)
    async with ready((each for each in corpus if each.title not in hidden), embedder) as prepared:
        yield prepared, sample(told, untold, count)


@asynccontextmanager
async def clapnq(embedder: Embedder, count: int) -> AsyncGenerator[Trial]:
    """Index the passages of all its questions; those without an answer are about a passage that is there as well."""
    folder = shared_data("clapnq-dev")
    questions: dict[str, list[Question]] = {"answerable": [], "unanswerable": []}
    documents: dict[str, Document] = {}
    for kind, found in questions.items():
        for row in rows(folder / f"clapnq_dev_{kind}.jsonl.gz"):
            for passage in row["passages"]:
                documents[row["id"]] = document(row["id"], title=passage["title"], text=passage["text"])
            found.append(
                Question(
                    query_id=row["id"],
                    text=row["input"],
                    status="answered" if kind == "answerable" else "not_in_documents",
                    answers=tuple(
                        sentence for output in row["output"] for sentence in output.get("selected_sentences", ())
                    ),
                    references=tuple(output["answer"] for output in row["output"] if output["answer"]),
                )
            )
    async with ready(documents.values(), embedder) as prepared:
        yield prepared, sample(questions["answerable"], questions["unanswerable"], count)


@asynccontextmanager
async def ready(documents: Iterable[Document], embedder: Embedder) -> AsyncGenerator[Prepared]:
    held = list(documents)
    async with indexed(held, embedder) as store:
        doc_ids = {each.doc_id.partition("/")[2]: each.doc_id for each in held}
        yield Prepared(store=store, collection=COLLECTION, doc_ids=doc_ids)


def sample(told: Sequence[Question], untold: Sequence[Question], count: int) -> list[Question]:
    """Draw `count` questions, the same ones each time."""
    random = Random(11)  # noqa: S311 - reproducible, not secret
    refused = int(count * UNTOLD)
    return random.sample(list(told), count - refused) + random.sample(list(untold), refused)


def figures(answers: Answers) -> Mapping[str, str]:
    return {
        **{name: str(interval) for name, interval in answers.means.items()},
        "area under the risk-coverage curve": f"{answers.area:.3f}",
        "sentences shown": str(answers.sentences),
        "quotes that are not the stored text": str(answers.misquoted),
        "quoted instead": ", ".join(f"{reason} {count}" for reason, count in answers.reasons.items()) or "-",
        **{
            f"seconds to {stage}, p50 / p95": f"{took.p50:.2f} / {took.p95:.2f}"
            for stage, took in answers.seconds.items()
        },
    }


COLLECTIONS: Final[Mapping[str, Callable[[Embedder, int], AbstractAsyncContextManager[Trial]]]] = {
    "xquad-en": partial(xquad, language="en"),
    "clapnq-dev": clapnq,
    "xquad-de": partial(xquad, language="de"),
    "xquad-es": partial(xquad, language="es"),
}
DEFAULT: Final = ("xquad-en", "clapnq-dev")


def answerer_over(store: Store, embedder: Embedder, method: Method) -> Answerer:
    """Put together what a user gets by this method, and by whatever else the settings say."""
    settings = read_settings()
    settings = settings.model_copy(update={"answer": settings.answer.model_copy(update={"method": method})})
    return open_answerer(settings, store=store, embedder=embedder, roles=open_roles(settings.roles, settings.models))


async def measure(names: Sequence[str], methods: Sequence[Method], count: int) -> list[Row]:
    embedder = default_embedder()
    columns: dict[str, Mapping[str, str]] = {}
    for name in names:
        async with COLLECTIONS[name](embedder, count) as (prepared, questions):
            for method in methods:
                answerer = answerer_over(prepared.store, embedder, method)
                outcomes = await ask(questions, prepared, answerer, principals=ANYONE, told=lambda *_: None)
                gate, _ = gate_in_use(answerer, prepared.collection)
                answers = judge_answers(outcomes, method=method, threshold=gate.threshold)
                columns[f"{name}, {method}"] = figures(answers)
    wanted = dict.fromkeys(figure for column in columns.values() for figure in column)
    return [
        {"figure": figure, **{name: column.get(figure, "-") for name, column in columns.items()}} for figure in wanted
    ]


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=150, help="how many of xquad-en and of clapnq-dev")
    parser.add_argument(
        "--collection", choices=list(COLLECTIONS), action="append", help="only this one; may be repeated"
    )
    parser.add_argument("--method", choices=("extractive", "generated"), action="append", help="only this one")
    options = parser.parse_args()
    methods = options.method or ["extractive", "generated"]
    found = anyio.run(measure, options.collection or DEFAULT, methods, options.questions)
    report("Answers", found, json_file=options.json)


if __name__ == "__main__":
    main()
