"""The best passages of the documents that a search has found, read from its answers; and which answers lack some."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundsel_pipelines.stores.elasticsearch.asking import Answer
from groundsel_pipelines.stores.elasticsearch.entries import document_part, passage
from groundsel_pipelines.types import Hit, Ranking

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document with some of its passages, best first."""

    index: str  # that holds it
    part: Part  # what its passages have in common
    scores: tuple[float, ...]
    passages: tuple[Mapping[str, Any], ...]
    all_of_them: bool  # no other passage of it matches


def found(answer: Answer) -> dict[str, Found]:
    """Read the documents of an answer, by doc_id.

    A document's own score is exact; those of its passages may come from rounded vectors. They are moved by what the
    best of them is off, which leaves exact what a document is ranked by.
    """
    documents: dict[str, Found] = {}
    for hit in answer["hits"]["hits"]:
        part = document_part(hit)
        inner = hit["inner_hits"]["passages"]["hits"]
        best = inner["hits"][0]["_score"]
        off = best - hit["_score"] if hit["_score"] is not None else 0.0  # None: the order is another one
        documents[part["doc_id"]] = Found(
            index=hit["_index"],
            part=part,
            scores=tuple(each["_score"] - off for each in inner["hits"]),
            passages=tuple(inner["hits"]),
            all_of_them=inner["total"]["value"] <= len(inner["hits"]),
        )
    return documents


def lacking(documents: Mapping[str, Found], top_k: int) -> list[str]:
    """Give the documents of which further passages may be among the best `top_k`: their last one is."""
    scores = sorted((score for each in documents.values() for score in each.scores), reverse=True)
    least = scores[top_k - 1] if len(scores) >= top_k else float("-inf")
    return [doc_id for doc_id, each in documents.items() if not each.all_of_them and each.scores[-1] >= least]


def ranking(documents: Mapping[str, Found], *, retriever: str, top_k: int) -> Ranking:
    """Make one ranking of passages, best first; those of one score in the order of their ids."""
    ordered = sorted(
        (-score, f"{doc_id}#{inner['_nested']['offset']}", each.part, inner)
        for doc_id, each in documents.items()
        for score, inner in zip(each.scores, each.passages, strict=True)
    )
    return tuple(
        Hit(passage=passage(part, inner), rank=rank, score=-negative, retriever=retriever)
        for rank, (negative, _, part, inner) in enumerate(ordered[:top_k], start=1)
    )


def best_of_each(documents: Mapping[str, Found], *, retriever: str) -> Ranking:
    """Give each document by its best passage, in the order of the answer."""
    return tuple(
        Hit(passage=passage(each.part, each.passages[0]), rank=rank, score=each.scores[0], retriever=retriever)
        for rank, each in enumerate(documents.values(), start=1)
    )
