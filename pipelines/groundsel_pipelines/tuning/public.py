"""Reads the public training sets, in the form their README describes, as rows of a role."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.tuning.key_pieces import first_words, key_pieces
from groundsel_pipelines.tuning.rows import (
    Label,
    ReaderRow,
    RerankerRow,
    RewriteRow,
    Role,
    Row,
    SummariseRow,
    VerifierRow,
)
from groundsel_pipelines.tuning.sentenced import with_sentences
from groundsel_pipelines.words import stems

Record = Mapping[str, Any]

MOST_WORDS: Final = 200  # of the evidence of a summary: what fits into a sequence that is trained on
GROUNDING: Final[Mapping[str, Label]] = {
    "supported": "supported",
    "refuted": "contradicted",
    "not_enough": "neither",
    "partial": "neither",
    "not_supported": "unsupported",
}


def read_public(file: Path, role: Role) -> Iterator[Row]:
    """Read a set: `qa-*` and `rerank-*` for the reader, `qa-*` for answers and rewriting.

    The verifier takes `ground-*`, the reranker `rerank-*`, summaries `sum-*`.

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


def _cited(record: Record, texts: Mapping[Any, str]) -> Iterator[Row]:
    """Give the sentences of the passage, and the one that holds the answer; an answer over several gives none."""
    for row in _answers(record, texts):
        if not isinstance(row, ReaderRow):
            continue
        if row.answers and not whole_words(row.passage, row.start, row.start + len(row.answers[0])):
            continue  # a "no" found in "not"
        found = with_sentences(row, "en")
        if found:
            yield found


def _asked(record: Record, _: Mapping[Any, str]) -> Iterator[Row]:
    """Give a question as one that stands alone; `conversations` makes follow-ups of those of one document."""
    if record.get("title") and record["answerable"] and not record.get("history"):
        yield RewriteRow(
            id=record["id"],
            document=record["title"],
            history=(record["question"], record["answer"]),
            question=record["question"],
            rewritten=record["question"],
        )


def _summaries(record: Record, _: Mapping[Any, str]) -> Iterator[Row]:
    """Give the sentences of the document that share most words with its summary, as many as a prompt holds."""
    text = record["document"]
    pieces = [text[first:last] for first, last in sentence_spans(text, "en")]
    about = stems(record["summary"], "en")
    order = sorted(range(len(pieces)), key=lambda at: (-len(about & stems(pieces[at], "en")), at))
    chosen = order[: len(first_words((pieces[at] for at in order), MOST_WORDS))]
    evidence = tuple(pieces[at] for at in sorted(chosen))
    if len(evidence) > 1 and key_pieces(evidence, record["summary"]):
        yield SummariseRow(
            id=record["id"],
            document=record["id"],
            evidence=evidence,
            title=record.get("query") or record.get("title") or "",
            summary=record["summary"],
        )


def whole_words(text: str, start: int, end: int) -> bool:
    """Say whether a span neither begins nor ends within a word."""
    around = (text[max(0, start - 1) : start + 1], text[end - 1 : end + 1])
    return not any(len(pair) > 1 and pair.isalnum() for pair in around)


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


CONVERTERS: Final[Mapping[tuple[str, Role], Callable[[Record, Mapping[Any, str]], Iterator[Row]]]] = {
    ("qa", "reader"): _answers,
    ("qa", "answer"): _cited,
    ("qa", "rewrite"): _asked,
    ("sum", "summarise"): _summaries,
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
