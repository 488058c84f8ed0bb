"""Which passages make a ranking, and of which documents an answer does not hold enough of them."""

from base64 import b64encode
from typing import Any

import orjson

from groundsel_pipelines.stores.elasticsearch.passages import best_of_each, found, lacking, ranking


def packed(*values: object) -> list[str]:
    return [b64encode(orjson.dumps(values)).decode()]


def hit(name: str, score: float | None, *scores: float, total: int = 0) -> dict[str, Any]:
    """Make a document of an answer, with as many passages as there are `scores`, of `total` that match."""
    shown = packed(f"hr/{name}", name, f"{name}.md", "hr", "files", "md", "en", None, 1, ["group:hr"], [])
    inner = [
        {
            "_nested": {"offset": place},
            "_score": each,
            "fields": {"passages.shown": packed(place, 0, 1, None, [], f"{name} {place}")},
        }
        for place, each in enumerate(scores)
    ]
    return {
        "_index": "g-hr.000001",
        "_score": score,
        "fields": {"shown": shown},
        "inner_hits": {"passages": {"hits": {"total": {"value": total or len(scores)}, "hits": inner}}},
    }


def answer(*hits: dict[str, Any]) -> dict[str, Any]:
    return {"hits": {"hits": list(hits)}}


def test_passages_are_ranked_over_all_documents_and_cut() -> None:
    documents = found(answer(hit("a", 9.0, 9.0, 3.0), hit("b", 7.0, 7.0, 3.0, 1.0)))

    assert [(each.passage.passage_id, each.score) for each in ranking(documents, retriever="lexical", top_k=4)] == [
        ("hr/a#0", 9.0),
        ("hr/b#0", 7.0),
        ("hr/a#1", 3.0),
        ("hr/b#1", 3.0),
    ]


def test_a_document_lacks_passages_where_the_last_one_given_is_among_the_best() -> None:
    documents = found(answer(hit("a", 9.0, 9.0, 8.0, total=5), hit("b", 7.0, 7.0, 1.0, total=5), hit("c", 6.0, 6.0)))

    assert lacking(documents, 2) == ["hr/a"]
    assert lacking(documents, 4) == ["hr/a"]
    assert lacking(documents, 100) == ["hr/a", "hr/b"]


def test_the_best_passage_has_the_exact_score_of_its_document_and_the_others_keep_their_distance() -> None:
    documents = found(answer(hit("a", 0.75, 0.5, 0.25)))

    assert documents["hr/a"].scores == (0.75, 0.5)


def test_in_an_order_of_dates_each_document_is_shown_by_its_best_passage() -> None:
    documents = found(answer(hit("a", None, 0.5, 0.25), hit("b", None, 0.75)))

    shown = best_of_each(documents, retriever="lexical")

    assert [each.passage.text for each in shown] == ["a 0", "b 0"]
    assert [each.score for each in shown] == [0.5, 0.75]
