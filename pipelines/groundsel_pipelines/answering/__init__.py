"""Answering: how results become an answer, every sentence of it checked and cited, or the word that there is none."""

from groundsel_pipelines.answering.answerer import Answerer

__all__ = ["Answerer"]
