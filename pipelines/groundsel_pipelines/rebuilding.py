"""A new generation of a collection, filled from the one that is live, and the moment in which it takes its place."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.indexing import embedded
from groundsel_pipelines.protocols import Cluster, Embedder
from groundsel_pipelines.stores.elasticsearch.generations import Generations
from groundsel_pipelines.stores.elasticsearch.layout import Generation
from groundsel_pipelines.types import Document

READ_AT_ONCE = 100  # documents, with their whole texts
ROUNDS = 5  # of catching up with writers before they are made to wait
FEW = 200  # documents that writers may wait for: seconds

Done = Callable[[int, int], None]
"""Is told how many of how many entries are copied."""


async def rebuild(generations: Generations, collection: str, *, embedder: Embedder, done: Done) -> Generation:
    """Make the next generation as today's mapping, analysis and embedding model have it; nobody searches it yet."""
    live = live_of(await generations.of(collection))
    target = await generations.create(collection)
    await catch_up(generations, live, target, embedder=embedder, done=done)
    return target


async def switch(generations: Generations, target: Generation, *, embedder: Embedder, done: Done) -> None:
    """Let `target` be searched and written to from now on, holding everything that the live one holds.

    The generation that was live stays as it is, closed to writes: `switch` leads back to it as well.

    Raises:
        InvalidInput: it is live already.
        Unavailable: the cluster failed before the switch; the live generation stays live and takes writes again.

    """
    held = await generations.of(target.collection)
    live = live_of(held)
    if live.index == target.index:
        raise InvalidInput(f"{target.index} is live already; `groundsel index list` shows all generations")
    await generations.unblock(target)
    for _ in range(ROUNDS):
        if await catch_up(generations, live, target, embedder=embedder, done=done) <= FEW:
            break
    await generations.block(live)
    try:
        await catch_up(generations, live, target, embedder=embedder, done=done)
        await require_all(generations, live, target)
        await generations.lead_to(target, held)
    except BaseException:
        await generations.unblock(live)
        raise


async def require_all(generations: Generations, source: Generation, target: Generation) -> None:
    """Read back: refuse a target that does not hold everything.

    Raises:
        Unavailable: something is missing; the next try compares anew.

    """
    if missing := await generations.stale(source, target):
        raise Unavailable(f"{len(missing)} documents are not in {target.index} as in {source.index}; nothing changed")


async def catch_up(
    generations: Generations, source: Generation, target: Generation, *, embedder: Embedder, done: Done
) -> int:
    """Copy what `target` does not hold as `source` does, split and embedded anew; gives how much that was."""
    stale = await generations.stale(source, target)
    done(0, len(stale))
    for start in range(0, len(stale), READ_AT_ONCE):
        documents, others = await generations.read(source, stale[start : start + READ_AT_ONCE])
        await generations.write(target, (), others)
        async for batch in embedded(each(documents), embedder):
            await generations.write(target, batch)
        done(min(start + READ_AT_ONCE, len(stale)), len(stale))
    return len(stale)


async def discard(cluster: Cluster, collections: Iterable[str], *, embedder: Embedder) -> None:
    """Remove all generations of collections from a cluster: they are to be made anew from their sources."""
    generations = Generations(cluster, embedding_model=embedder.model_id, dimensions=embedder.dimensions)
    try:
        for collection in sorted(collections):
            await generations.remove_all(collection)
    finally:
        await generations.close()


def live_of(generations: Sequence[Generation]) -> Generation:
    return next(generation for generation in generations if generation.live)


def before(generations: Sequence[Generation]) -> Generation:
    """Give the generation before the live one.

    Raises:
        InvalidInput: there is none.

    """
    live = live_of(generations)
    older = [generation for generation in generations if generation.number < live.number]
    if not older:
        raise InvalidInput(f"{live.index} is the first generation of {live.collection!r}; there is none to go back to")
    return older[-1]


def outdated(generations: Sequence[Generation]) -> list[Generation]:
    """Give the generations that no `switch` or `rollback` needs: neither the live one nor the one before it."""
    live = live_of(generations)
    older = [generation for generation in generations if generation.number < live.number]
    return [generation for generation in generations if generation not in (live, *older[-1:])]


def beside(generations: Sequence[Generation]) -> Generation:
    """Give the newest generation that is not live.

    Raises:
        InvalidInput: there is none.

    """
    others = [generation for generation in generations if not generation.live]
    if not others:
        only = live_of(generations)
        raise InvalidInput(f"{only.index} is the only generation of {only.collection!r}; run: groundsel index rebuild")
    return others[-1]


async def each(documents: Sequence[Document]) -> AsyncGenerator[Document]:
    for document in documents:
        yield document
