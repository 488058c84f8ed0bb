"""How many documents a search has found, and their values per facet, read from answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.stores.elasticsearch.asking import Answer
from groundsel_pipelines.stores.elasticsearch.legs import Documents
from groundsel_pipelines.types import Facet, FacetField, MatchSet, Ranking

Counts = dict[FacetField, Counter[str]]


def match_set(answer: Answer, facets: Sequence[FacetField]) -> MatchSet:
    """Read the answer of a request that counts."""
    counted: Counts = {field: _values(answer, field) for field in facets}
    return MatchSet(total=answer["hits"]["total"]["value"], facets=_facets(counted))


def together(
    worded: Answer | GroundselError,
    documents: Documents | GroundselError,
    nearest: Ranking | GroundselError,
    facets: Sequence[FacetField],
) -> MatchSet | GroundselError:
    """Count what the words find and what stands in the dense ranking, each document once.

    Of `worded`, only counts are known; of the dense `documents`, which of them are among those.
    """
    if isinstance(worded, GroundselError):
        return worded
    counted: Counts = {field: _values(worded, field) for field in facets}
    total = worded["hits"]["total"]["value"]
    if not isinstance(documents, GroundselError) and not isinstance(nearest, GroundselError):
        for doc_id in {hit.passage.doc_id for hit in nearest}:
            if not documents[doc_id].worded:
                total += 1
                for field in facets:
                    counted[field].update(_value(documents[doc_id].part, field))
    return MatchSet(total=total, facets=_facets(counted))


def _values(answer: Answer, field: FacetField) -> Counter[str]:
    found = answer.get("aggregations", {}).get(field, {"buckets": []})
    return Counter({str(bucket["key"]): int(bucket["doc_count"]) for bucket in found["buckets"]})


def _value(part: Mapping[str, Any], field: FacetField) -> list[str]:
    """Give what a document counts as; one without a date counts as nothing."""
    if field == "updated_at":
        return [f"{part[field]:%Y}"] if part[field] else []
    if field == "updated_month":
        return [f"{part['updated_at']:%Y-%m}"] if part["updated_at"] else []
    return [part[field]]


def _facets(counted: Counts) -> tuple[Facet, ...]:
    return tuple(
        Facet(field=field, counts=tuple(sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))))
        for field, values in counted.items()
    )
