"""One evaluation as a value: written as JSON, read again to compare with, shown as a table or a page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.answers import Answers
from groundsel_pipelines.evaluating.machine import this_machine, versions
from groundsel_pipelines.evaluating.relevance import Relevance

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What was evaluated, with what, when and where."""

    name: str
    content: str  # hash of documents and questions: what differs in it is not compared
    documents: int
    passages: int
    questions: int  # searched
    by_page: bool
    store: str
    embedding_model: str
    made_at: str
    machine: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    about: About
    relevance: Relevance
    answers: Answers | None
    took_ms: Mapping[str, Mapping[str, float]]  # by stage: p50 and p95
    format: int = FORMAT


def about(
    *, name: str, content: str, documents: int, passages: int, questions: int, by_page: bool, store: str, model: str
) -> About:
    """Add date, machine and versions."""
    return About(
        name=name,
        content=content,
        documents=documents,
        passages=passages,
        questions=questions,
        by_page=by_page,
        store=store,
        embedding_model=model,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=str(this_machine()),
        versions=versions(),
    )


def write_json(report: Report, file: Path) -> None:
    """Write everything, the scores of every question too.

    Raises:
        InvalidInput: the file cannot be written.

    """
    text = orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    write(file, text)


def write(file: Path, text: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What of an earlier report a comparison needs."""

    file: Path
    name: str
    content: str
    made_at: str
    default: str
    scores: Mapping[str, Mapping[str, Mapping[str, float]]]  # by ranking, measure and query_id
    answers: Mapping[str, Mapping[str, float]]  # by figure and query_id


def read_earlier(file: Path) -> Earlier:
    """Read the JSON of an earlier run.

    Raises:
        InvalidInput: it is none, or of another version.

    """
    try:
        told: dict[str, Any] = orjson.loads(file.read_bytes())
        if told["format"] != FORMAT:
            raise InvalidInput(f"{file} was written by another version of Groundsel; run that evaluation again")
        return Earlier(
            file=file,
            name=told["about"]["name"],
            content=told["about"]["content"],
            made_at=told["about"]["made_at"],
            default=told["relevance"]["default"],
            scores=told["relevance"]["scores"],
            answers=(told["answers"] or {}).get("scores", {}),
        )
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InvalidInput(f"{file} is no report of `groundsel eval --json`") from None
