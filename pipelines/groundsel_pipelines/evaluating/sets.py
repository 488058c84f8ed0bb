"""Finds out what kind of evaluation set a folder holds, and reads it."""

from dataclasses import replace
from pathlib import Path

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.beir import read_beir
from groundsel_pipelines.evaluating.judgments import EvaluationSet, limited
from groundsel_pipelines.evaluating.questions import read_questions
from groundsel_pipelines.evaluating.reading import found


def read_set(folder: Path, *, split: str = "test", limit: int | None = None) -> EvaluationSet:
    """Read a BEIR or TREC folder, or one with a questions.jsonl; `limit` keeps that many questions.

    Raises:
        InvalidInput: it is neither, or malformed; names file and line.

    """
    if not folder.is_dir():
        raise InvalidInput(f"there is no folder {folder}")
    if file := found(folder, "questions.jsonl"):
        evaluation = read_questions(file)
    elif found(folder, "corpus.jsonl"):
        evaluation = read_beir(folder, split=split)
    else:
        raise InvalidInput(
            f"{folder} is no evaluation set: it has neither questions.jsonl nor corpus.jsonl with queries and qrels"
        )
    return replace(evaluation, questions=limited(evaluation.questions, limit))
