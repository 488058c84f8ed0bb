"""Evaluation sets as documents and questions, and an index of them as an ingest would make it."""

import gzip
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from groundsel_pipelines.indexing import index_documents
from groundsel_pipelines.models import load_embedder
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import PUBLIC, Document

ANYONE = frozenset({PUBLIC})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and what would be right."""

    query_id: str
    text: str
    status: Literal["answered", "conflicting", "not_in_documents"]
    answers: tuple[str, ...] = ()  # any of them is right; where documents contradict each other, all together
    references: tuple[str, ...] = ()  # whole answers, where `answers` are only what one must hold


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """Read JSON objects, one a line, packed or not."""
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def document(name: str, *, title: str, text: str, language: str = "en") -> Document:
    """Make a document of plain text that anyone may read."""
    return Document(
        doc_id=f"bench/{name}",
        collection="bench",
        source="bench",
        uri=f"bench:{name}",
        title=title,
        text=text,
        media_type="txt",
        language=language,
        version=1,
        updated_at=None,
        allowed=ANYONE,
    )


def beir_documents(folder: Path, *, language: str = "en") -> list[Document]:
    return [
        document(row["_id"], title=row["title"], text=row["text"], language=language)
        for row in rows(folder / "corpus.jsonl.gz")
    ]


def beir_qrels(folder: Path, split: str = "test") -> Mapping[str, Mapping[str, int]]:
    """Read relevance by query_id and document name."""
    qrels: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query_id, name, relevance = line.split("\t")
        qrels.setdefault(query_id, {})[name] = int(relevance)
    return qrels


def default_embedder() -> Embedder:
    models = read_settings().models
    return load_embedder(models.folder, models.embed, threads=models.threads)


@asynccontextmanager
async def indexed(documents: Iterable[Document], embedder: Embedder) -> AsyncGenerator[EmbeddedStore]:
    """Index the documents in a folder of its own, removed at the end."""

    async def each() -> AsyncGenerator[Document]:
        for one in documents:
            yield one

    with TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder), embedding_model=embedder.model_id, dimensions=embedder.dimensions)
        await store.prepare()
        try:
            await index_documents(each(), embedder=embedder, store=store)
            yield store
        finally:
            await store.close()
