"""Searching: a question becomes a page of documents."""

from groundsel_pipelines.searching.searcher import Searcher

__all__ = ["Searcher"]
