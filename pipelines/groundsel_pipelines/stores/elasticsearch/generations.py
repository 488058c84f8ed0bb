"""From one generation of a collection to the next, without a gap: build beside, catch up, one alias call, keep the old.

Writers need not know. What they write while a generation is built is found by comparing versions; for the last
comparison the old index takes no more writes, its writers wait, and after the switch they go on with the new one. So
there is no second write to forget, and none that would need two embedding models at once (what rule R7 is for).
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch import entries, managing
from groundsel_pipelines.stores.elasticsearch.catalogue import Catalogue
from groundsel_pipelines.stores.elasticsearch.connecting import connect, talking_to
from groundsel_pipelines.stores.elasticsearch.layout import Generation, live_aliases, verify
from groundsel_pipelines.stores.elasticsearch.writing import Item, Writer, Written, item
from groundsel_pipelines.types import Document, IndexedDocument

EVERYTHING: Final = ("document", "tombstone", "sync")


class Generations:
    """The generations of one cluster, seen by whoever may make and switch them."""

    def __init__(self, cluster: Cluster, *, embedding_model: str, dimensions: int) -> None:
        self._cluster = cluster
        self._client = connect(cluster)
        self._catalogue = Catalogue(
            client=self._client, cluster=cluster, embedding_model=embedding_model, dimensions=dimensions
        )

    async def close(self) -> None:
        await self._client.close()

    async def of(self, collection: str) -> tuple[Generation, ...]:
        """Give all generations of a collection, oldest first.

        Raises:
            InvalidInput: there is no such collection; names those that are.

        """
        found = await self._catalogue.all()
        ours = tuple(each for each in found if each.collection == collection)
        if not any(each.live for each in ours):
            others = ", ".join(sorted({each.collection for each in found if each.live})) or "none"
            raise InvalidInput(f"there is no collection {collection!r}; there is: {others}; run: groundsel ingest DIR")
        return ours

    async def remove(self, generations: Collection[Generation]) -> None:
        """Remove generations, with all that is in them."""
        if generations:
            with talking_to(self._cluster):
                await self._client.indices.delete(index=[each.index for each in generations])

    async def remove_all(self, collection: str) -> None:
        """Remove every generation of a collection, live or not, if there is any."""
        await self.remove([each for each in await self._catalogue.all() if each.collection == collection])

    async def create(self, collection: str) -> Generation:
        """Create the generation after the newest; no alias leads to it yet."""
        newest = (await self.of(collection))[-1]
        return await self._catalogue.create(collection, number=newest.number + 1)

    async def stale(self, source: Generation, target: Generation) -> list[str]:
        """Compare versions: the ids of what `source` holds newer than `target`, or `target` not at all."""
        held: list[dict[str, int]] = []
        for generation in (source, target):
            with talking_to(self._cluster):
                await self._client.indices.refresh(index=generation.index)
                held.append(await managing.versions(self._client, generation.index, managing.of_kind(*EVERYTHING)))
        return [doc_id for doc_id, version in held[0].items() if held[1].get(doc_id, -1) < version]

    async def read(self, source: Generation, doc_ids: Sequence[str]) -> tuple[list[Document], list[Item]]:
        """Read entries: documents, to be split and embedded anew, and the others, ready to be written as they are."""
        with talking_to(self._cluster):
            answer = await self._client.mget(index=source.index, ids=list(doc_ids))
        documents, others = [], []
        for found in answer["docs"]:
            document = entries.document(found["_source"])
            if document is None:
                others.append(item(found["_id"], found["_version"], found["_source"]))
            else:
                documents.append(document)
        return documents, others

    async def write(
        self, target: Generation, documents: Sequence[IndexedDocument], others: Sequence[Item] = ()
    ) -> None:
        """Write into a generation that need not be live; what is newer there stays."""
        verify(target, embedding_model=self._catalogue.embedding_model)

        async def index() -> str:
            return target.index

        items = [item(each.document.doc_id, each.document.version, entries.entry(each)) for each in documents]
        written = Written()
        await Writer(client=self._client, cluster=self._cluster, target=index, look=self._catalogue.look).write(
            [*items, *others], written
        )
        if written.rejected:
            doc_id, reason = next(iter(written.rejected.items()))
            raise Unavailable(f"{target.index} does not take {doc_id}: {reason}; nothing was switched")

    async def block(self, generation: Generation) -> None:
        """Let nobody write to a generation any more; when this returns, no write is on its way either."""
        with talking_to(self._cluster):
            await self._client.indices.add_block(index=generation.index, block="write")

    async def unblock(self, generation: Generation) -> None:
        with talking_to(self._cluster):
            await self._client.indices.put_settings(index=generation.index, settings={"index.blocks.write": None})

    async def lead_to(self, target: Generation, generations: Collection[Generation]) -> None:
        """Make `target` the live one, in one call: no moment has none or two."""
        actions: list[dict[str, Any]] = [
            {"remove": {"index": each.index, "alias": alias}}
            for each in generations
            if each.live and each.index != target.index
            for alias in live_aliases(self._cluster.prefix, target.collection)
        ]
        actions += [
            {"add": {"index": target.index, "alias": alias}}
            for alias in live_aliases(self._cluster.prefix, target.collection)
        ]
        with talking_to(self._cluster):
            await self._client.indices.update_aliases(actions=actions)
