"""One folder: SQLite is the truth; tantivy (lexical) and faiss (dense) are derived and follow its change log."""

from groundsel_pipelines.protocols import StorePlace
from groundsel_pipelines.stores.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore", "create"]


def create(place: StorePlace, *, embedding_model: str, dimensions: int) -> EmbeddedStore:
    """Make the store of `place.folder`; nothing is touched before it is prepared."""
    return EmbeddedStore(place.folder, embedding_model=embedding_model, dimensions=dimensions)
