"""Every store that is registered, empty and of a test's own; the one that needs a real node only where tests may."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from elastic_transport import HttpxAsyncHttpNode

from elasticsearch import AsyncElasticsearch
from groundsel_pipelines.protocols import Cluster, Embedder, Store, StoreFactory, StorePlace

CLUSTERED = {"elasticsearch"}


def registered_stores() -> list[object]:
    """Give the parameters of a test that runs over every store."""
    names = sorted(entry_points(group="groundsel.stores").names)
    return [pytest.param(name, marks=pytest.mark.integration) if name in CLUSTERED else name for name in names]


def factory(name: str) -> StoreFactory:
    return cast("StoreFactory", entry_points(group="groundsel.stores")[name].load())


def own_cluster(url: str) -> Cluster:
    """Give a place in the node that no other test has."""
    return Cluster(hosts=(url,), prefix=f"t{uuid4().hex[:12]}")


@asynccontextmanager
async def emptied(cluster: Cluster) -> AsyncGenerator[Cluster]:
    """Remove every index of the test at the end."""
    yield cluster
    async with AsyncElasticsearch(list(cluster.hosts), node_class=HttpxAsyncHttpNode) as client:
        names = await client.indices.get(index=f"{cluster.prefix}-*")
        if names.body:
            await client.indices.delete(index=sorted(names.body))


@asynccontextmanager
async def opened(name: str, place: StorePlace, embedder: Embedder) -> AsyncGenerator[Store]:
    """Open a store by its registered name, and close it."""
    store = factory(name)(place, embedding_model=embedder.model_id, dimensions=embedder.dimensions)
    await store.prepare()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def a_store(request: pytest.FixtureRequest, folder: Path, embedder: Embedder) -> AsyncGenerator[Store]:
    """Open the empty store that the test's parameter names."""
    name = request.param
    if name not in CLUSTERED:
        async with opened(name, StorePlace(folder=folder / "store"), embedder) as store:
            yield store
        return
    cluster = own_cluster(request.getfixturevalue("elasticsearch_url"))
    async with emptied(cluster), opened(name, StorePlace(folder=folder, cluster=cluster), embedder) as store:
        yield store
