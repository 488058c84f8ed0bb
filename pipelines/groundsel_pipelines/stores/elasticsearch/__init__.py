"""One index per collection and generation, behind an alias; a document is one entry with its passages nested in it."""

from groundsel_pipelines.protocols import StorePlace
from groundsel_pipelines.stores.elasticsearch.store import ElasticsearchStore

__all__ = ["ElasticsearchStore", "create"]


def create(place: StorePlace, *, embedding_model: str, dimensions: int) -> ElasticsearchStore:
    """Make the store of `place.cluster`; nothing is contacted before it is prepared."""
    return ElasticsearchStore(place.cluster, embedding_model=embedding_model, dimensions=dimensions)
