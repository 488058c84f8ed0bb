"""What the visible documents teach: their words, and what completes a text; read from the index of whole documents."""

from collections.abc import Iterator

import orjson
import tantivy
from tantivy import Occur

from groundsel_pipelines.stores.counted_words import COUNTING, vocabulary_counted
from groundsel_pipelines.stores.embedded.conditions import under
from groundsel_pipelines.types import Query, Suggestion, Vocabulary
from groundsel_pipelines.understanding.completing import CANDIDATES, LONGEST_BEGINNING, suggestion


def vocabulary(index: tantivy.Index, query: Query) -> Vocabulary:
    """Count the words of the documents that `query` leaves, and the abbreviations that they explain."""
    everything = under(index.schema, query, tantivy.Query.all_query())
    return vocabulary_counted(index.searcher().aggregate(everything, dict(COUNTING)))


def completing(index: tantivy.Index, query: Query, begin: str) -> Iterator[Suggestion]:
    """Give what the documents that `query` leaves have to complete `begin` (folded) with; titles come first."""
    prefix = begin[:LONGEST_BEGINNING]
    fitting = tantivy.Query.boolean_query(
        [
            (Occur.Must, tantivy.Query.const_score_query(_term(index, "beginnings", prefix), 1.0)),
            (Occur.Should, tantivy.Query.const_score_query(_term(index, "starts", prefix), 1.0)),
        ]
    )
    searcher = index.searcher()
    for _, address in searcher.search(under(index.schema, query, fitting), limit=CANDIDATES, count=False).hits:
        doc_id, texts = orjson.loads(searcher.doc(address)["completions"][0])
        for text, kind in texts:
            yield suggestion(text, kind, doc_id)


def _term(index: tantivy.Index, field: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(index.schema, field, value, "basic")
