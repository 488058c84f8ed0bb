"""What does a question ask for? Pure functions from its text to a plan that can be read, shown and undone."""

from groundsel_pipelines.understanding.reading import read

__all__ = ["read"]
