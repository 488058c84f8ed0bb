"""The vocabulary as both stores count it: tantivy takes the aggregations of Elasticsearch and answers in their form."""

from collections.abc import Mapping
from typing import Any, Final

from groundsel_pipelines.types import Vocabulary
from groundsel_pipelines.understanding.harvesting import EXPLAINED, NAMES, VOCABULARY, vocabulary_of

COUNTING: Final[Mapping[str, Mapping[str, Any]]] = {
    "words": {"terms": {"field": "words", "size": VOCABULARY}},
    "abbreviations": {"terms": {"field": "abbreviations", "size": EXPLAINED}},
    "field_names": {"terms": {"field": "field_names", "size": NAMES}},
}
"""What is counted over the documents that an asker may see."""

NOTHING: Final[Mapping[str, Any]] = {name: {"buckets": []} for name in COUNTING}


def vocabulary_counted(found: Mapping[str, Any]) -> Vocabulary:
    """Read what `COUNTING` gave."""
    words, explained, fields = (found[name]["buckets"] for name in COUNTING)
    pairs = (
        ((short, long), int(bucket["doc_count"]))
        for bucket in explained
        for short, _, long in (bucket["key"].partition("\t"),)
    )
    counted = ((bucket["key"], int(bucket["doc_count"])) for bucket in words)
    return vocabulary_of(counted, pairs, (bucket["key"] for bucket in fields))
