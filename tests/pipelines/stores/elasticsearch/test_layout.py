"""Names and mapping of an index, and which generations may be searched."""

import json
from typing import Any

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.conditions import ALLOWED, DENIED
from groundsel_pipelines.stores.elasticsearch.layout import (
    FORMAT,
    Generation,
    generations,
    index_body,
    index_name,
    live_aliases,
    template,
    verify,
)

CLUSTER = Cluster()
HR = Generation(
    index="g-hr.000002", collection="hr", number=2, format=FORMAT, embedding_model="m@1", dimensions=4, live=True
)


def described(collection: str, number: int, *aliases: str) -> dict[str, Any]:
    body = index_body(CLUSTER, collection=collection, number=number, embedding_model="m@1", dimensions=4)
    return {"mappings": body["mappings"], "aliases": {alias: {} for alias in aliases}}


def test_an_index_says_of_itself_what_is_in_it() -> None:
    body = index_body(CLUSTER, collection="hr", number=2, embedding_model="m@1", dimensions=4)

    assert body["mappings"]["_meta"] == {
        "format": FORMAT,
        "collection": "hr",
        "generation": 2,
        "embedding_model": "m@1",
        "dimensions": 4,
    }
    assert body["mappings"]["properties"]["passages"]["properties"]["vector"]["dims"] == 4
    assert body["mappings"]["dynamic"] == "strict"


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        (Cluster(), {"number_of_shards": 1, "auto_expand_replicas": "0-1"}),
        (Cluster(shards=3, replicas="2"), {"number_of_shards": 3, "number_of_replicas": 2}),
    ],
)
def test_a_new_index_has_the_shards_and_copies_of_the_settings(cluster: Cluster, told: dict[str, Any]) -> None:
    body = index_body(cluster, collection="hr", number=1, embedding_model="m@1", dimensions=4)

    copied = {"number_of_shards", "number_of_replicas", "auto_expand_replicas"}
    assert {key: value for key, value in body["settings"]["index"].items() if key in copied} == told


def test_the_file_of_the_format_maps_both_lists_of_principals() -> None:
    properties = json.loads(template(FORMAT).read_text(encoding="utf-8"))["mappings"]["properties"]

    assert properties[ALLOWED] == properties[DENIED] == {"type": "keyword"}  # no `ignore_above`: it would hide a deny


def test_generations_are_read_from_what_a_cluster_holds() -> None:
    held = {
        "g-hr.000001": described("hr", 1),
        "g-hr.000002": described("hr", 2, *live_aliases("g", "hr")),
        "g-copy.000002": described("hr", 2),  # somebody's copy under another name
        "g-logs": {"mappings": {}, "aliases": {}},
    }

    assert [(each.index, each.live) for each in generations("g", held)] == [("g-hr.000001", False), (HR.index, True)]


def test_no_index_is_named_like_the_alias_of_another_collection() -> None:
    assert index_name("g", "hr", 2) not in {alias for name in ("hr", "hr-000002") for alias in live_aliases("g", name)}


def test_another_models_vectors_are_refused_with_the_next_step() -> None:
    with pytest.raises(InvalidInput, match=r"m@1, not m@2.*groundsel index rebuild"):
        verify(HR, embedding_model="m@2")


def test_an_index_whose_fields_somebody_has_changed_is_refused_by_name() -> None:
    held = described("hr", 1, *live_aliases("g", "hr"))
    properties = held["mappings"]["properties"]
    del properties["words"]
    properties["passages"]["properties"]["terms"] = {"type": "keyword"}

    (found,) = generations("g", {"g-hr.000001": held})

    with pytest.raises(
        InvalidInput, match=r"g-hr.000001 has not the fields .*\(passages.terms, words\).*index rebuild"
    ):
        verify(found, embedding_model="m@1")
