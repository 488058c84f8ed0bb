"""Reads what rows are made of: the documents that an asker may see, or the log of what people opened."""

from collections.abc import Sequence

from groundsel_pipelines.composition import open_embedder, open_service, open_store
from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.query_log import lines
from groundsel_pipelines.query_report import report
from groundsel_pipelines.settings import Settings
from groundsel_pipelines.tuning.collection import MadeRole, rows_of
from groundsel_pipelines.tuning.feedback import feedback_rows
from groundsel_pipelines.tuning.rows import Row
from groundsel_pipelines.types import Document


async def made_of_documents(
    settings: Settings, role: MadeRole, collection: str, principals: frozenset[str]
) -> tuple[Row, ...]:
    """Make rows of a collection.

    Raises:
        InvalidInput: it holds no document that may be seen, or none has a structure to ask by.

    """
    found = await documents_of(settings, collection, principals)
    if not found:
        raise InvalidInput(f"there is no document that you may see in the collection {collection!r}; name another one")
    made = tuple(rows_of(found, role))
    if not made:
        raise InvalidInput(
            f"no row of a {role} can be made of the {len(found)} documents of {collection!r} that you may see: "
            "they have no structure to ask by"
        )
    return made


async def judged_by_people(settings: Settings, principals: frozenset[str]) -> Sequence[Row]:
    """Make rows of the query log.

    Raises:
        InvalidInput: there is no log, or nothing in it can be learnt from.

    """
    asked = report(lines(settings.log.folder)).questions
    async with open_service(settings) as service:
        return await feedback_rows(asked, service.searcher, principals)


async def documents_of(settings: Settings, collection: str, principals: frozenset[str]) -> tuple[Document, ...]:
    """Give the documents in the order of their ids: the same for the same collection."""
    async with open_store(settings, embedder=open_embedder(settings)) as store:
        ids: set[str] = set()
        for source in await store.as_of():
            ids |= (await store.versions(collection, source)).keys()
        found = [await store.read(doc_id, principals=principals) for doc_id in sorted(ids)]
    return tuple(document for document in found if document is not None)
