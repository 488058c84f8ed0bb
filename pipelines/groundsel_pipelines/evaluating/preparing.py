"""An index of an evaluation set as an ingest makes it, kept until documents, model, store or indexing code change."""

import hashlib
import json
import shutil
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

import anyio
from anyio import to_thread

from groundsel_pipelines.composition import open_store
from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.beir import corpus_documents
from groundsel_pipelines.evaluating.judgments import SOURCE, EvaluationSet
from groundsel_pipelines.indexing import index_documents
from groundsel_pipelines.protocols import Embedder, Store
from groundsel_pipelines.settings import Settings, environment
from groundsel_pipelines.types import Document

# What decides what an index holds; a change of any of it makes a new one. The whole of the ingest, once installed.
MAKERS: Final = ("chunking", "stores", "indexing.py", "languages.py", "sentences.py", "words.py", "evaluating/beir.py")
NOT_DOCUMENTS: Final = ("questions.jsonl*", "SOURCE.md")
COMPLETE: Final = "complete.json"


class Told(Protocol):
    """Is told how far a stage is."""

    def __call__(self, stage: str, done: int, total: int | None, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A store that holds the documents of a set, and the doc_id of each document that a judgment names."""

    store: Store
    collection: str
    doc_ids: Mapping[str, str]  # by the set's own name


@asynccontextmanager
async def prepared(
    evaluation: EvaluationSet, settings: Settings, *, embedder: Embedder, principals: frozenset[str], told: Told
) -> AsyncGenerator[Prepared]:
    """Open the index of a set, made first where it is not there or no longer complete.

    Raises:
        InvalidInput: a judgment names a document that is not there, was not taken, or may not be seen by `principals`.

    """
    if evaluation.live:
        async with open_store(settings, embedder=embedder) as store:
            await store.warm_up()
            names = {gold.name for question in evaluation.questions for gold in question.gold}
            yield Prepared(store=store, collection=settings.collection, doc_ids={name: name for name in names})
        return
    own = await to_thread.run_sync(own_settings, evaluation, settings, embedder)
    if not await is_complete(own, embedder):
        await make(evaluation, own, embedder=embedder, told=told)
    async with open_store(own, embedder=embedder) as store:
        await store.warm_up()
        doc_ids = await located(evaluation, store, own.collection, principals)
        yield Prepared(store=store, collection=own.collection, doc_ids=doc_ids)


def own_settings(evaluation: EvaluationSet, settings: Settings, embedder: Embedder) -> Settings:
    """Give the settings with a folder and a collection for this set alone."""
    key = hashlib.sha256()
    for part in (content_of(evaluation), embedder.model_id, settings.store.kind, makers()):
        key.update(part.encode())
    name = f"eval_{key.hexdigest()[:16]}"
    store = settings.store.model_copy(update={"folder": settings.evaluation.folder / name, "prefix": name})
    return settings.model_copy(update={"collection": name, "store": store})


def content_of(evaluation: EvaluationSet) -> str:
    """Give a hash of the documents: names and bytes."""
    if evaluation.corpus.is_file():
        return hash_of([evaluation.corpus], evaluation.corpus.parent)
    skipped = {file for pattern in NOT_DOCUMENTS for file in evaluation.corpus.glob(pattern)}
    files = (file for file in evaluation.corpus.rglob("*") if file.is_file() and file not in skipped)
    return hash_of(files, evaluation.corpus)


def makers() -> str:
    """Give a hash of the code that makes an index."""
    package = Path(__file__).parents[1]
    files = [file for name in MAKERS for file in code_of(package / name)]
    ingest = find_spec("groundsel_ingest")
    return hash_of(files, package) + "".join(
        hash_of(code_of(Path(place)), Path(place))
        for place in (ingest.submodule_search_locations or () if ingest else ())
    )


def code_of(path: Path) -> Iterator[Path]:
    yield from (path,) if path.is_file() else path.rglob("*.py")


def hash_of(files: Iterator[Path] | list[Path], below: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        with file.open("rb") as data:
            digest.update(f"{file.relative_to(below)}\0{hashlib.file_digest(data, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()


# ---------------------------------------------------------------- making it


async def is_complete(own: Settings, embedder: Embedder) -> bool:
    """Say whether the index was made to its end and still holds as much as then."""
    marker = own.store.folder / COMPLETE
    if not marker.is_file():
        return False
    async with open_store(own, embedder=embedder) as store:
        return bool(await counts(store) == json.loads(marker.read_text(encoding="ascii")))


async def counts(store: Store) -> dict[str, int]:
    statistics = await store.statistics()
    return {"documents": statistics.documents, "passages": statistics.passages}


async def make(evaluation: EvaluationSet, own: Settings, *, embedder: Embedder, told: Told) -> None:
    """Make the index; one that was interrupted goes on, one that lost something since is made from nothing."""
    marker = own.store.folder / COMPLETE
    if marker.exists():
        shutil.rmtree(own.store.folder)
    if evaluation.corpus.is_dir():
        await ingest(evaluation, own)
    async with open_store(own, embedder=embedder) as store:
        if evaluation.corpus.is_file():
            documents = missing(evaluation.corpus, own.collection, store, told)
            await index_documents(documents, embedder=embedder, store=store)
        made = await counts(store)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(made), encoding="ascii")


async def missing(corpus: Path, collection: str, store: Store, told: Told) -> AsyncGenerator[Document]:
    """Yield the documents of a corpus that the store does not hold yet."""
    documents = await to_thread.run_sync(lambda: list(corpus_documents(corpus, collection=collection)))
    held = await store.versions(collection, SOURCE)
    for done, document in enumerate(documents, start=1):
        if document.doc_id not in held:
            yield document
        told("indexing", done, len(documents))


async def ingest(evaluation: EvaluationSet, own: Settings) -> None:
    """Ingest the files as a user does, in a process of its own, which shows its progress itself.

    Raises:
        InvalidInput: it failed; its own message stands above.

    """
    excluded = [part for pattern in NOT_DOCUMENTS for part in ("--exclude", pattern)]
    command = [sys.executable, "-m", "groundsel_pipelines", "ingest", str(evaluation.corpus), *excluded]
    run = partial(anyio.run_process, env=environment(own), check=False, stderr=None)
    if (await run(command)).returncode:
        raise InvalidInput(f"the files of {evaluation.corpus} could not be ingested; see above")


# ---------------------------------------------------------------- names of documents


async def located(
    evaluation: EvaluationSet, store: Store, collection: str, principals: frozenset[str]
) -> Mapping[str, str]:
    """Give the doc_id of every document that is judged."""
    if evaluation.corpus.is_file():
        return {gold.name: f"{collection}/{gold.name}" for each in evaluation.questions for gold in each.gold}
    found: dict[str, str] = {}
    for question in evaluation.questions:
        for gold in question.gold:
            if gold.name not in found:
                doc_ids = await store.locate(gold.name, principals=principals)
                if len(doc_ids) != 1:
                    raise InvalidInput(
                        f"{evaluation.judged_in}, line {question.line}: {len(doc_ids)} documents are called "
                        f"{gold.name!r} in {evaluation.corpus}, among those that were taken and the asker may see; "
                        "one was expected"
                    )
                found[gold.name] = doc_ids[0]
    return found
