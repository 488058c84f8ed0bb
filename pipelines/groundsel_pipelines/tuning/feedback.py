"""Makes rows for the reranker of what people opened and praised: the question, that document, what they passed over.

What was opened stood on the page, mostly high up: such rows favour the ranking that showed them (Joachims 2002). A
document that was called wrong for the question comes first among the others, as it is no guess.
"""

from collections.abc import Sequence
from typing import Final

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.query_report import Asked
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.tuning.rows import RerankerRow
from groundsel_pipelines.types import Ranking, SearchRequest

NEGATIVES: Final = 3
HASHED: Final = "#"  # begins a question of which only a hash was kept
LOOKED_AT: Final = 20  # documents that the question finds now


async def feedback_rows(
    asked: Sequence[Asked], searcher: Searcher, principals: frozenset[str]
) -> tuple[RerankerRow, ...]:
    """Give a row a question and document that it was right for, with the passages that the question finds now.

    Raises:
        InvalidInput: nothing that was opened or praised is found by its question any more, or beside nothing else.

    """
    judged = sorted(
        (each for each in asked if each.good and not each.text.startswith(HASHED)), key=lambda each: each.text
    )
    rows: list[RerankerRow] = []
    for each in judged:
        results = await searcher.search(SearchRequest(text=each.text, principals=principals, limit=LOOKED_AT))
        passages = best_passages(results.hits)
        wrong = [passages[doc_id] for doc_id, balance in each.good.items() if balance < 0 and doc_id in passages]
        passed = [text for doc_id, text in passages.items() if doc_id not in each.good]
        negatives = tuple((*wrong, *passed)[:NEGATIVES])
        rows.extend(
            RerankerRow(
                id=f"{each.text}/{doc_id}",
                document=doc_id,
                query=each.text,
                positive=passages[doc_id],
                negatives=negatives,
            )
            for doc_id in sorted(each.good)
            if each.good[doc_id] > 0 and doc_id in passages and negatives
        )
    if not rows:
        raise InvalidInput(
            f"no row can be made of {len(judged)} questions that people judged: what they opened is not found any "
            "more, or nothing beside it"
        )
    return tuple(rows)


def best_passages(hits: Ranking) -> dict[str, str]:
    """Give the text of the best passage of each document, in the order of the documents."""
    found: dict[str, str] = {}
    for hit in hits:
        found.setdefault(hit.passage.doc_id, hit.passage.text)
    return found
