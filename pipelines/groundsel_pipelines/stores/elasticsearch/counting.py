"""How many documents a search has found, and their values per facet, read from an answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from groundsel_pipelines.stores.elasticsearch.asking import Answer
from groundsel_pipelines.types import Facet, FacetField, MatchSet


def match_set(answer: Answer, facets: Sequence[FacetField]) -> MatchSet:
    """Read the answer of a request that counts."""
    found = answer.get("aggregations", {})
    return MatchSet(
        total=answer["hits"]["total"]["value"],
        facets=tuple(Facet(field=field, counts=_counts(found.get(field, _NOTHING))) for field in facets),
    )


_NOTHING: Mapping[str, Any] = {"buckets": []}


def _counts(found: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """Give values with how many documents have them, the most frequent first."""
    counts = [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in found["buckets"]]
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0])))
