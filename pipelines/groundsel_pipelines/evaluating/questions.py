"""Folders of files with a questions.jsonl: question, gold document with page or quote, answer, answerable."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.judgments import EvaluationSet, Gold, Question
from groundsel_pipelines.evaluating.reading import field, records, texts

STATUSES: Final = ("answered", "conflicting", "not_in_documents")
PLACE: Final = re.compile(r"\s*\[[^\[\]]+#page=\d+\]")  # a citation written into an answer is no part of it


def read_questions(file: Path) -> EvaluationSet:
    """Read a set of questions over files: those in `documents/` beside it or, where there is none, around it.

    Raises:
        InvalidInput: a line is malformed, or there is no question.

    """
    documents = file.parent / "documents"
    questions = tuple(question(record, file, number) for number, record in records(file))
    twice: dict[str, int] = {}
    for each in questions:
        if twice.setdefault(each.query_id, each.line) != each.line:
            raise InvalidInput(
                f"{file}, line {each.line}: the id {each.query_id!r} stands in line {twice[each.query_id]}"
            )
    if not questions:
        raise InvalidInput(f"{file} holds no question: there is nothing to evaluate")
    return EvaluationSet(
        name=file.resolve().parent.name,
        corpus=documents if documents.is_dir() else file.parent,
        judged_in=file,
        questions=questions,
    )


def question(record: Mapping[str, Any], file: Path, number: int) -> Question:
    """Read one line; where documents contradict each other, the answer has all that they say, joined by "or"."""
    status = told_status(record, file, number)
    gold = tuple(places(record, file, number))
    if status == "not_in_documents" and gold:
        raise InvalidInput(f"{file}, line {number}: an unanswerable question names a document that answers it")
    if status != "not_in_documents" and not gold:
        raise InvalidInput(f"{file}, line {number}: no document is named that answers it (doc_id, or gold)")
    answers = tuple(PLACE.sub("", text).strip() for text in texts(record.get("answers") or record.get("answer")))
    if status == "conflicting":
        answers = tuple(part for text in answers for part in re.split(r",? or ", text))
    return Question(
        query_id=field(record, "id", "_id", file=file, number=number),
        text=field(record, "question", "text", file=file, number=number),
        gold=gold,
        status=status,
        answers=answers,
        line=number,
    )


def told_status(
    record: Mapping[str, Any], file: Path, number: int
) -> Literal["answered", "conflicting", "not_in_documents"]:
    given = record.get("status") or ("answered" if record.get("answerable", True) else "not_in_documents")
    for status in STATUSES:
        if given == status:
            return status
    raise InvalidInput(f"{file}, line {number}: the status {given!r} is none of {', '.join(STATUSES)}")


def places(record: Mapping[str, Any], file: Path, number: int) -> Iterator[Gold]:
    if record.get("doc_id"):
        yield Gold(name=str(record["doc_id"]), page=record.get("page"), quote=str(record.get("quote") or ""))
    for each in record.get("gold") or ():
        if not isinstance(each, dict):
            raise InvalidInput(f"{file}, line {number}: `gold` is a list of objects, each with `doc`")
        name = field(each, "doc", "doc_id", file=file, number=number)
        yield Gold(name=name, page=each.get("page"), quote=str(each.get("quote") or ""))
