"""One folder: SQLite is the truth; tantivy (lexical) and faiss (dense) are derived and follow its change log."""

from groundsel_pipelines.stores.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore"]
