"""Reads the public training sets, in the form their README describes, as rows of a role."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.tuning.rows import EncoderRole, Label, ReaderRow, RerankerRow, Row, VerifierRow

Record = Mapping[str, Any]

GROUNDING: Final[Mapping[str, Label]] = {
    "supported": "supported",
    "refuted": "contradicted",
    "not_enough": "neither",
    "partial": "neither",
    "not_supported": "unsupported",
}


def read_public(file: Path, role: EncoderRole) -> Iterator[Row]:
    """Read a set: `qa-*` and `rerank-*` for the reader, `ground-*` for the verifier, `rerank-*` for the reranker.

    Raises:
        InvalidInput: it is missing, damaged, or of no use to this role; names file and line.

    """
    kind = file.name.partition("-")[0]
    convert = CONVERTERS.get((kind, role))
    if convert is None:
        raise InvalidInput(f"{file.name} is of no use to the role {role!r}")
    passages = file.with_name(file.name.replace(".jsonl", "-passages.jsonl"))
    texts = {record["pid"]: record["text"] for record in _records(passages)} if passages.exists() else {}
    for number, record in enumerate(_records(file), 1):
        try:
            yield from convert(record, texts)
        except (KeyError, IndexError, TypeError) as error:
            raise InvalidInput(f"{file}, line {number}: {error!r}; see the README beside it") from None


def _answers(record: Record, _: Mapping[Any, str]) -> Iterator[Row]:
    gold = record.get("gold", 0)
    passage = record["passages"][gold if isinstance(gold, int) else 0]
    answer = record["answer"]
    start = -1
    if record["answerable"]:
        start = record.get("answer_start", passage.find(answer))
        if start < 0 or not answer.strip() or not passage.startswith(answer, start):
            return  # said in other words: no span to learn
    history = record.get("history") or ()
    if history:
        return  # the question does not stand alone
    yield ReaderRow(
        id=record["id"],
        document=record.get("title") or passage[:80],
        question=record["question"],
        passage=passage,
        answers=(answer, *record.get("also", ())) if record["answerable"] else (),
        start=start,
        answerable=record["answerable"],
    )


def _grounding(record: Record, _: Mapping[Any, str]) -> Iterator[Row]:
    yield VerifierRow(
        id=record["id"],
        document=record.get("title") or record["premise"][:80],
        claim=record["hypothesis"],
        evidence=record["premise"],
        label=GROUNDING[record["label"]],
    )


def _pairs(record: Record, texts: Mapping[Any, str]) -> Iterator[Row]:
    negatives = tuple(texts.get(each, each) for each in record["negatives"])
    if negatives:
        positive = texts.get(record["positive"], record["positive"])
        yield RerankerRow(
            id=record["id"],
            document=record.get("title") or positive[:80],
            query=record["query"],
            positive=positive,
            negatives=negatives,
        )


def _misses(record: Record, texts: Mapping[Any, str]) -> Iterator[Row]:
    """Give the best hit that does not answer the question: what search brings when the answer is not there."""
    for row in _pairs(record, texts):
        if isinstance(row, RerankerRow):
            yield ReaderRow(
                id=f"{row.id}-miss",
                document=row.document,
                question=row.query,
                passage=row.negatives[0],
                answerable=False,
            )


CONVERTERS: Final[Mapping[tuple[str, EncoderRole], Callable[[Record, Mapping[Any, str]], Iterator[Row]]]] = {
    ("qa", "reader"): _answers,
    ("rerank", "reader"): _misses,
    ("ground", "verifier"): _grounding,
    ("rerank", "reranker"): _pairs,
}


def _records(file: Path) -> Iterator[Record]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise InvalidInput(f"{file}, line {number}: not JSON ({error})") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from None
