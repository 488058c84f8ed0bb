"""Evaluation sets are read as they come, and every mistake in one is a sentence with its line."""

import gzip
import json
from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.evaluating.beir import corpus_documents
from groundsel_pipelines.evaluating.sets import read_set

CORPUS = ({"_id": "d1", "title": "Leave", "text": "Staff get 27 days."}, {"_id": "d2", "title": "", "text": "Rain."})
QUERIES = (
    {"_id": "q1", "text": "how many days?", "answers": [{"text": "27", "start": 10}]},
    {"_id": "q2", "text": "?"},
)
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\n"


def beir(folder: Path, *, qrels: str = QRELS, name: str = "test.tsv", packed: bool = False) -> Path:
    (folder / "qrels").mkdir()
    (folder / "qrels" / name).write_text(qrels, encoding="utf-8")
    for file, rows in (("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES)):
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        target = folder / (f"{file}.gz" if packed else file)
        target.write_bytes(gzip.compress(text) if packed else text)
    return folder


def asked(folder: Path, *rows: dict[str, object]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_a_beir_folder_gives_judged_queries_with_their_answers(tmp_path: Path, *, packed: bool) -> None:
    (question,) = read_set(beir(tmp_path, packed=packed)).questions

    assert (question.query_id, question.text, question.answers) == ("q1", "how many days?", ("27",))
    assert [(gold.name, gold.relevance) for gold in question.gold] == [("d1", 2)]


def test_the_documents_of_a_corpus_keep_their_names(tmp_path: Path) -> None:
    evaluation = read_set(beir(tmp_path))

    documents = list(corpus_documents(evaluation.corpus, collection="eval-1"))

    assert [(document.doc_id, document.title) for document in documents] == [("eval-1/d1", "Leave"), ("eval-1/d2", "")]


def test_trec_qrels_of_four_columns_are_read(tmp_path: Path) -> None:
    (question,) = read_set(beir(tmp_path, qrels="q1 0 d1 1\nq1 0 d2 0\n")).questions

    assert [(gold.name, gold.relevance) for gold in question.gold] == [("d1", 1), ("d2", 0)]


def test_the_only_split_there_is_is_taken(tmp_path: Path) -> None:
    assert len(read_set(beir(tmp_path, name="dev.tsv")).questions) == 1


@pytest.mark.parametrize(
    ("qrels", "told"),
    [
        ("q1\td9\t1\n", r"test\.tsv, line 1: there is no document 'd9'"),
        (QRELS + "q9\td1\t1\n", r"test\.tsv, line 3: there is no query 'q9'"),
        (QRELS + "q2\td1\tmuch\n", r"line 3: the relevance 'much' is no whole number"),
        ("q1\td1\n", r"line 1: 2 columns; expected query, document, relevance"),
        ("q1\td1\t0\n", r"judges no document as relevant"),
        ("", r"judges no document as relevant"),
    ],
)
def test_qrels_that_do_not_fit_are_named_with_their_line(tmp_path: Path, qrels: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_set(beir(tmp_path, qrels=qrels))


def test_a_document_that_stands_twice_is_named(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    (folder / "corpus.jsonl").write_text('{"_id": "d1", "text": "a"}\n{"_id": "d1", "text": "b"}\n', encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"corpus\.jsonl, line 2: the document 'd1' stands in line 1 already"):
        read_set(folder)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "a"}\n{"_id"\n', encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"queries\.jsonl, line 2: no JSON"):
        read_set(folder)


def test_a_packed_file_that_is_cut_off_is_named(tmp_path: Path) -> None:
    folder = beir(tmp_path, packed=True)
    file = folder / "corpus.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-12])

    with pytest.raises(InvalidInput, match=r"corpus\.jsonl\.gz cannot be read"):
        read_set(folder)


def test_questions_over_files_have_a_place_and_an_answer(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    evaluation = read_set(
        asked(
            tmp_path,
            {"id": "a", "question": "How many?", "doc_id": "x/leave.pdf", "quote": "27 days.", "answer": "27"},
            {"_id": "b", "question": "Who?", "gold": [{"doc": "y.pdf", "page": 7}], "answer": "Ann.[y.pdf#page=7]"},
            {"id": "c", "question": "Why?", "answerable": False, "answer": None},
            {"id": "d", "question": "When?", "status": "conflicting", "doc_id": "z.md", "answer": "May, or June"},
        )
    )

    a, b, c, d = evaluation.questions
    assert evaluation.corpus == tmp_path / "documents"
    assert evaluation.by_page
    assert (a.gold[0].name, a.gold[0].quote, a.answers) == ("x/leave.pdf", "27 days.", ("27",))
    assert (b.gold[0].page, b.answers) == (7, ("Ann.",))
    assert (c.answerable, c.gold) == (False, ())
    assert d.answers == ("May", "June")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"id": "b", "question": "?"}, r"line 2: no document is named"),
        ({"id": "b", "question": "?", "answerable": False, "doc_id": "x"}, r"line 2: an unanswerable question names"),
        ({"id": "b", "question": "?", "status": "maybe", "doc_id": "x"}, r"line 2: the status 'maybe' is none of"),
        ({"id": "b", "doc_id": "x"}, r"line 2: the field 'question' or 'text' is missing"),
        ({"id": "a", "question": "?", "doc_id": "x"}, r"line 2: the id 'a' stands in line 1"),
    ],
)
def test_questions_that_do_not_fit_are_named_with_their_line(tmp_path: Path, row: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_set(asked(tmp_path, {"id": "a", "question": "?", "doc_id": "x"}, row))


def test_no_question_is_nothing_to_evaluate(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds no question"):
        read_set(asked(tmp_path))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no evaluation set"):
        read_set(tmp_path)


def test_a_limit_takes_questions_from_all_over_the_set(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"id": str(number), "question": "?", "doc_id": "x"} for number in range(10)]

    assert [each.query_id for each in read_set(asked(tmp_path, *rows), limit=5).questions] == ["0", "2", "4", "6", "8"]
