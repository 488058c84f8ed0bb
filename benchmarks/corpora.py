"""What the benchmarks index: evaluation sets as documents, and an index of them as an ingest would make it."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from groundsel_pipelines.evaluating.judgments import plain_document
from groundsel_pipelines.evaluating.reading import records
from groundsel_pipelines.indexing import index_documents
from groundsel_pipelines.models import load_embedder
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.stores.embedded import EmbeddedStore
from groundsel_pipelines.types import Document

COLLECTION = "bench"


def rows(file: Path) -> Iterator[Mapping[str, Any]]:
    """Read JSON objects, one a line, packed or not."""
    return (record for _, record in records(file))


def document(name: str, *, title: str, text: str, language: str = "en") -> Document:
    """Make a document of plain text that anyone may read."""
    return plain_document(name, collection=COLLECTION, title=title, text=text, language=language)


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
