"""Reads every document of a collection that an asker may see."""

from groundsel_pipelines.composition import open_embedder, open_store
from groundsel_pipelines.settings import Settings
from groundsel_pipelines.types import Document


async def documents_of(settings: Settings, collection: str, principals: frozenset[str]) -> tuple[Document, ...]:
    """Give the documents in the order of their ids: the same for the same collection."""
    async with open_store(settings, embedder=open_embedder(settings)) as store:
        ids: set[str] = set()
        for source in await store.as_of():
            ids |= (await store.versions(collection, source)).keys()
        found = [await store.read(doc_id, principals=principals) for doc_id in sorted(ids)]
    return tuple(document for document in found if document is not None)
