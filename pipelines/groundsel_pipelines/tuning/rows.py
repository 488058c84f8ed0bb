"""What each role is trained and measured on: one JSON object a line, documented here, checked here."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.judging import holds
from groundsel_pipelines.models.manifest import DECODER_ROLES, DecoderRole

EncoderRole = Literal["reader", "verifier", "reranker"]
Role = EncoderRole | DecoderRole
Label = Literal["supported", "contradicted", "neither", "unsupported"]
"""What the evidence says of a claim; `unsupported` is one of contradicted and neither, not told apart."""

ENCODER_ROLES: Final[tuple[EncoderRole, ...]] = get_args(EncoderRole)
ROLES: Final[tuple[Role, ...]] = (*ENCODER_ROLES, *DECODER_ROLES)
LABELS: Final[tuple[Label, ...]] = get_args(Label)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRow:
    """A question and a passage that answers it with a span of its text, or does not answer it."""

    id: str
    document: str  # rows of one document never stand on both sides of a split
    question: str
    passage: str
    answers: tuple[str, ...] = ()  # all that are accepted; none where the passage has no answer
    start: int = -1  # of answers[0] in the passage, in code points; -1 where it is not known or there is none
    answerable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierRow:
    """A claim and the evidence that it is held against."""

    id: str
    document: str
    claim: str
    evidence: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankerRow:
    """A query, a passage that answers it, and passages that do not or do less."""

    id: str
    document: str
    query: str
    positive: str
    negatives: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """A question and numbered sentences, one of which holds the answer in its own words, or none."""

    id: str
    document: str
    question: str
    evidence: tuple[str, ...]
    answers: tuple[str, ...] = ()  # all that are accepted; none where the evidence does not tell
    cited: int = 0  # the number, from 1, of the sentence that answers[0] stands in; 0 where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class SummariseRow:
    """Numbered sentences of a document or a group of passages, and a summary of them that people wrote."""

    id: str
    document: str
    evidence: tuple[str, ...]
    title: str = ""  # or what the summary is to be about
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteRow:
    """A question in a conversation, and the one that asks the same without it."""

    id: str
    document: str
    history: tuple[str, ...]  # oldest first: the questions and the answers in turn
    question: str
    rewritten: str


EncoderRow = ReaderRow | VerifierRow | RerankerRow
DecoderRow = AnswerRow | SummariseRow | RewriteRow
Row = EncoderRow | DecoderRow
KINDS: Final[Mapping[Role, type[Row]]] = {
    "reader": ReaderRow,
    "verifier": VerifierRow,
    "reranker": RerankerRow,
    "answer": AnswerRow,
    "summarise": SummariseRow,
    "rewrite": RewriteRow,
}
REQUIRED: Final[Mapping[Role, tuple[str, ...]]] = {
    "reader": ("question", "passage"),
    "verifier": ("claim", "evidence", "label"),
    "reranker": ("query", "positive", "negatives"),
    "answer": ("question", "evidence"),
    "summarise": ("evidence", "summary"),
    "rewrite": ("history", "question", "rewritten"),
}
LISTS: Final = frozenset({"answers", "negatives", "evidence", "history"})  # of texts; a verifier's evidence is one
NUMBERS: Final = frozenset({"start", "cited"})


def read_rows(file: Path, role: Role) -> tuple[Row, ...]:
    """Read a file of rows.

    Raises:
        InvalidInput: it is missing or empty, or a line is not a row of this role; names the line and what it lacks.

    """
    try:
        with file.open(encoding="utf-8") as lines:
            rows = tuple(_row(line, role, f"{file}, line {number}") for number, line in enumerate(lines, 1))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from None
    if not rows:
        raise InvalidInput(f"{file} holds no rows; `groundsel tune data` writes some")
    return rows


def write_rows(file: Path, rows: Iterable[Row]) -> None:
    with file.open("w", encoding="utf-8") as opened:
        for row in rows:
            opened.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")


def _row(line: str, role: Role, where: str) -> Row:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{where}: not JSON ({error})") from None
    if not isinstance(values, dict):
        raise InvalidInput(f"{where}: not a JSON object")
    kind = KINDS[role]
    if unknown := values.keys() - set(kind.__slots__):
        raise InvalidInput(f"{where}: {min(unknown)!r} is no key of a {role} row: {', '.join(kind.__slots__)}")
    for key in REQUIRED[role]:
        if not values.get(key):
            raise InvalidInput(f"{where}: {key!r} is missing or empty")
    checked: dict[str, Any] = {"id": where, "document": where, **dict(_typed(values, role, where))}
    row = kind(**checked)
    _check(row, where)
    return row


def _typed(values: Mapping[str, Any], role: Role, where: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if key in LISTS and (role, key) != ("verifier", "evidence"):
            if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
                raise InvalidInput(f"{where}: {key!r} is not a list of texts")
            yield key, tuple(value)
        elif not isinstance(value, int if key in NUMBERS else bool if key == "answerable" else str):
            raise InvalidInput(f"{where}: {key!r} is {value!r}, which is of the wrong type")
        else:
            yield key, value


def _check(row: Row, where: str) -> None:
    if isinstance(row, VerifierRow) and row.label not in LABELS:
        raise InvalidInput(f"{where}: the label {row.label!r} is none of {', '.join(LABELS)}")
    if isinstance(row, AnswerRow):
        _check_answer(row, where)
    if not isinstance(row, ReaderRow):
        return
    if row.answerable != bool(row.answers):
        raise InvalidInput(f"{where}: `answerable` is {row.answerable}, but there are {len(row.answers)} answers")
    if row.start >= 0 and not row.passage.startswith(row.answers[0] if row.answers else "\0", row.start):
        raise InvalidInput(f"{where}: the passage does not hold the answer at {row.start}")


def _check_answer(row: AnswerRow, where: str) -> None:
    if bool(row.cited) != bool(row.answers):
        raise InvalidInput(f"{where}: `cited` is {row.cited}, but there are {len(row.answers)} answers")
    if not 0 <= row.cited <= len(row.evidence):
        raise InvalidInput(f"{where}: `cited` is {row.cited}, but there are {len(row.evidence)} pieces of evidence")
    if row.cited and not any(holds(row.evidence[row.cited - 1], answer) for answer in row.answers):
        raise InvalidInput(f"{where}: piece {row.cited} of the evidence does not hold the answer")
