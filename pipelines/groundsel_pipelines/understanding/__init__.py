"""What does a question ask for? Pure functions from its text to a plan that can be read, shown and undone."""

from groundsel_pipelines.understanding.expanding import Synonyms, expansions, read_synonyms
from groundsel_pipelines.understanding.planning import with_parts
from groundsel_pipelines.understanding.reading import read
from groundsel_pipelines.understanding.spelling import corrections

__all__ = ["Synonyms", "corrections", "expansions", "read", "read_synonyms", "with_parts"]
