"""What `groundsel index compare` does: opens both generations, each with its own model, asks, and prints."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundsel_pipelines.composition import open_fusion
from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating import logged
from groundsel_pipelines.evaluating.judgments import EvaluationSet, Question
from groundsel_pipelines.evaluating.preparing import Prepared, Told, located
from groundsel_pipelines.evaluating.sets import read_set
from groundsel_pipelines.evaluating.shadowing import Compared, Comparison, Side, compare
from groundsel_pipelines.models import load_embedder
from groundsel_pipelines.settings import Settings
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.stores.elasticsearch.layout import Generation


async def compared(
    settings: Settings,
    live: Generation,
    new: Generation,
    *,
    questions: Path | None,
    limit: int,
    principals: frozenset[str],
    told: Told,
) -> Comparison:
    """Ask both generations the questions of a file or folder, or the most frequent ones of the query log."""
    async with opened(settings, live) as first, opened(settings, new) as second:
        asked = given(questions, settings, limit=limit)
        if asked.live:
            names = {gold.name: gold.name for question in asked.questions for gold in question.gold}
        else:
            names = dict(await located(asked, first.prepared.store, live.collection, principals))
        sides = [replace(side, prepared=replace(side.prepared, doc_ids=names)) for side in (first, second)]
        return await compare(asked.questions, *sides, principals=principals, top_k=settings.search.top_k, told=told)


@asynccontextmanager
async def opened(settings: Settings, generation: Generation) -> AsyncGenerator[Side]:
    """Open a generation with the model that its vectors are of.

    Raises:
        UnknownName: that model is not on disk.
        InvalidInput: a model of that name is, with other weights.

    """
    name = generation.embedding_model.partition("@")[0]
    embedder = load_embedder(settings.models.folder, name, threads=settings.models.threads)
    if embedder.model_id != generation.embedding_model:
        raise InvalidInput(
            f"{generation.index} was made with {generation.embedding_model}; on disk is {embedder.model_id}: "
            "put the former into models.folder"
        )
    store = ElasticsearchStore.of_generation(settings.store.cluster(), generation)
    await store.prepare()
    try:
        yield Side(
            prepared=Prepared(store=store, collection=generation.collection, doc_ids={}),
            embedder=embedder,
            fusion=open_fusion(settings.search, embedder),
        )
    finally:
        await store.close()


def given(path: Path | None, settings: Settings, *, limit: int) -> EvaluationSet:
    """Read what to ask: a folder with judgments, a file with a question a line, or the query log."""
    if path is None:
        questions = logged.asked(settings, limit=limit)
        return EvaluationSet(
            name="query log",
            corpus=settings.log.folder,
            judged_in=settings.log.folder,
            questions=questions,
            live=True,
        )
    if path.is_dir():
        return read_set(path, limit=limit)
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read ({error}); name a text file with a question a line") from None
    questions = tuple(
        Question(query_id=str(number), text=text) for number, text in enumerate(filter(None, lines), start=1)
    )[:limit]
    if not questions:
        raise InvalidInput(f"{path} holds no question; write one a line")
    return EvaluationSet(name=path.name, corpus=path, judged_in=path, questions=questions, live=True)


def show(found: Comparison, live: Generation, new: Generation) -> None:
    """Print the comparison; intervals cover 95 %."""
    console = Console(highlight=False, soft_wrap=True)
    table = Table(title=f"{new.index} beside {live.index}: {found.questions} questions, {found.judged} judged")
    for column in ("ranking", "overlap of the first ten", "nDCG@10 live", "nDCG@10 new", "difference"):
        table.add_column(column)
    for each in found.rankings:
        table.add_row(*(escape(text) for text in row(each)))
    console.print(table)
    for text, share in found.most_changed:
        console.print(f"[dim]{share:4.0%} the same:[/] {escape(text)}")
    console.print("To let it take the live one's place: groundsel index switch")


def row(each: Compared) -> list[str]:
    judged = ["", "", ""] if each.gain is None else [str(each.live), str(each.new), verdict(each)]
    return [each.ranking, str(each.overlap), *judged]


def verdict(each: Compared) -> str:
    sure = "" if each.gain and each.gain.excludes_zero else ", which may be chance"
    return f"{each.gain}{sure}"
