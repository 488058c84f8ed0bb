"""Writes rows of the role `answer` as the product would ask it: the best sentences of what a search finds in xquad-en.

Every question is asked twice: with the sentences of the three best passages, and with those of the others once its own
passage is taken away. `groundsel eval --role answer OUT.jsonl --baseline overlap` then measures a model on them.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import anyio

from corpora import COLLECTION, default_embedder, document, indexed, rows
from groundsel_pipelines.answering.evidence import Place, places, score
from groundsel_pipelines.answering.questions import read_question
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.evaluating.beir import read_beir
from groundsel_pipelines.evaluating.judging import holds
from groundsel_pipelines.evaluating.judgments import ANYONE, Question
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.tuning.rows import AnswerRow, write_rows
from groundsel_pipelines.types import SearchRequest
from reporting import arguments, shared_data

PASSAGES = 4  # three, and one for when the right one is taken away


async def asked(questions: Sequence[Question], pieces: int, out: Path) -> int:
    embedder = default_embedder()
    folder = shared_data("xquad-en")
    corpus = [document(row["_id"], title=row["title"], text=row["text"]) for row in rows(folder / "corpus.jsonl.gz")]
    texts = {each.doc_id: each for each in corpus}
    made: list[AnswerRow] = []
    async with indexed(corpus, embedder) as store:
        searcher = Searcher(store=store, embedder=embedder, fusion=min_max_linear)
        for question in questions:
            request = SearchRequest(text=question.text, principals=ANYONE)
            hits = (await searcher.search(request)).hits[:PASSAGES]
            found = places(hits, texts)
            own = f"{COLLECTION}/{question.gold[0].name}"
            near = [place for place in found if place.passage_rank < PASSAGES]
            others = [place for place in found if place.document.doc_id != own]
            for kind, shown in (("with", near), ("without", others)):
                if shown:
                    row = row_of(question, shown, embedder, pieces)
                    made.append(replace(row, id=f"{question.query_id}-{kind}"))
    write_rows(out, made)
    return len(made)


def row_of(question: Question, found: Sequence[Place], embedder: Embedder, pieces: int) -> AnswerRow:
    evidence = score(read_question(question.text, "en"), found, embedder)[:pieces]
    shown = tuple(readable(each.place) for each in evidence)
    told = [number for number, piece in enumerate(shown, 1) if any(holds(piece, each) for each in question.answers)]
    return AnswerRow(
        id=question.query_id,
        document=question.query_id,
        question=question.text,
        evidence=shown,
        answers=question.answers if told else (),
        cited=told[0] if told else 0,
    )


def main() -> None:
    parser = arguments((__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path, metavar="OUT.jsonl")
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--pieces", type=int, default=4, help="sentences that a prompt holds")
    options = parser.parse_args()
    every = list(read_beir(shared_data("xquad-en")).questions)
    chosen = Random(11).sample(every, options.questions)  # noqa: S311 - reproducible, not secret
    count = anyio.run(partial(asked, chosen, options.pieces, options.out))
    print(f"{options.out}: {count} rows")


if __name__ == "__main__":
    main()
