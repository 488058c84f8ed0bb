"""BEIR and TREC folders: corpus.jsonl, queries, and qrels in three columns (with a header) or TREC's four."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.judgments import EvaluationSet, Gold, Question, plain_document
from groundsel_pipelines.evaluating.reading import field, found, lines, records, texts
from groundsel_pipelines.languages import detect_language
from groundsel_pipelines.types import Document

BEIR_COLUMNS: Final = 3  # query, document, relevance
TREC_COLUMNS: Final = 4  # query, iteration, document, relevance

Qrels = Mapping[str, Mapping[str, int]]


def read_beir(folder: Path, *, split: str = "test") -> EvaluationSet:
    """Read the queries that are judged in the split, and what is relevant to them.

    Raises:
        InvalidInput: a file is missing or malformed, or qrels name what the other files do not have.

    """
    corpus = required(folder, "corpus.jsonl")
    judged_in = qrels_file(folder, split)
    asked = dict(queries(required(folder, "queries.jsonl", "queries.tsv", "topics.tsv")))
    names = {name for name, _, _ in corpus_rows(corpus)}
    gold: dict[str, list[Gold]] = {}
    first_lines: dict[str, int] = {}
    for number, query_id, name, relevance in judgments(judged_in):
        if query_id not in asked:
            raise InvalidInput(f"{judged_in}, line {number}: there is no query {query_id!r} in the queries file")
        if name not in names:
            raise InvalidInput(f"{judged_in}, line {number}: there is no document {name!r} in {corpus.name}")
        gold.setdefault(query_id, []).append(Gold(name=name, relevance=relevance))
        first_lines.setdefault(query_id, number)
    questions = tuple(
        Question(
            query_id=query_id,
            text=asked[query_id][0],
            gold=tuple(gold[query_id]),
            answers=asked[query_id][1],
            line=first_lines[query_id],
        )
        for query_id in asked
        if any(each.relevance > 0 for each in gold.get(query_id, ()))
    )
    if not questions:
        raise InvalidInput(f"{judged_in} judges no document as relevant to any query: there is nothing to evaluate")
    return EvaluationSet(name=folder.resolve().name, corpus=corpus, judged_in=judged_in, questions=questions)


def required(folder: Path, *names: str) -> Path:
    file = found(folder, *names)
    if file is None:
        raise InvalidInput(f"{folder} lacks {' or '.join(names)} (.gz too); a set is corpus, queries and qrels")
    return file


def qrels_file(folder: Path, split: str) -> Path:
    """Give the qrels of the split; the only ones there are, if it has no file of its own."""
    file = found(folder / "qrels", f"{split}.tsv", f"{split}.txt") or found(folder, "qrels.txt", "qrels.tsv")
    if file is not None:
        return file
    others = sorted(each for each in (folder / "qrels").glob("*") if each.is_file())
    if len(others) != 1:
        names = ", ".join(each.name for each in others) or "none"
        raise InvalidInput(f"{folder}/qrels has no {split}.tsv; there: {names}; choose with --split NAME")
    return others[0]


def queries(file: Path) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Yield each query_id with its text and the answers that stand beside it."""
    if ".jsonl" in file.suffixes:
        for number, record in records(file):
            text = field(record, "text", "question", file=file, number=number)
            yield field(record, "_id", "id", file=file, number=number), (text, texts(record.get("answers")))
        return
    for number, line in lines(file):
        query_id, _, text = line.partition("\t")
        if not text.strip():
            raise InvalidInput(f"{file}, line {number}: expected a query's id, a tab, and its text")
        yield query_id, (text.strip(), ())


def judgments(file: Path) -> Iterator[tuple[int, str, str, int]]:
    """Yield line number, query_id, document name and relevance."""
    for number, line in lines(file):
        columns = line.split("\t") if "\t" in line else line.split()
        if number == 1 and columns[-1].strip().lower() in {"score", "relevance", "label"}:
            continue
        if len(columns) not in {BEIR_COLUMNS, TREC_COLUMNS}:
            raise InvalidInput(f"{file}, line {number}: {len(columns)} columns; expected query, document, relevance")
        try:
            yield number, columns[0].strip(), columns[-2].strip(), int(columns[-1])
        except ValueError:
            raise InvalidInput(f"{file}, line {number}: the relevance {columns[-1]!r} is no whole number") from None


def read_qrels(file: Path) -> Qrels:
    """Read relevance by query_id and document name."""
    qrels: dict[str, dict[str, int]] = {}
    for _, query_id, name, relevance in judgments(file):
        qrels.setdefault(query_id, {})[name] = relevance
    return qrels


def corpus_rows(file: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, title and text of each document.

    Raises:
        InvalidInput: a name stands twice.

    """
    seen: dict[str, int] = {}
    for number, record in records(file):
        name = field(record, "_id", "id", file=file, number=number)
        if name in seen:
            raise InvalidInput(f"{file}, line {number}: the document {name!r} stands in line {seen[name]} already")
        seen[name] = number
        yield name, str(record.get("title") or ""), str(record.get("text") or "")


def corpus_documents(file: Path, *, collection: str) -> Iterator[Document]:
    """Yield the documents of a corpus, their language told as an ingest tells it; a title alone is the text."""
    for name, title, text in corpus_rows(file):
        language = detect_language(f"{title}\n{text}")
        named, body = (title, text) if text.strip() else ("", title)
        yield plain_document(name, collection=collection, title=named, text=body, language=language)
