"""What one item's answer in a bulk request means: the decision table, and nothing else (rule R3)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from groundsel_pipelines.stores.elasticsearch.flooding import NUMBER

Decision = Literal[
    "acknowledged", "superseded", "retry", "parked", "flooded", "too_large", "unmapped", "rejected", "unknown"
]

LATER = frozenset({429, 502, 503, 504})
PASSING = frozenset(
    {
        "circuit_breaking_exception",
        "es_rejected_execution_exception",
        "no_shard_available_action_exception",
        "node_closed_exception",
        "node_not_connected_exception",
        "process_cluster_event_timeout_exception",
        "timeout_exception",
        "unavailable_shards_exception",
    }
)
BLOCKED = frozenset({"cluster_block_exception", "i_o_exception"})  # the second where no byte is left on the disk


def decide(item: Mapping[str, Any]) -> Decision:
    """Say what becomes of one item.

    acknowledged: durable on the primary and every allocated replica. superseded: a newer version is there. retry: this
    item alone, again. parked: writing is blocked; wait and probe. flooded: it is, as the disk is nearly full; only
    deletes must pass. too_large, rejected: as it is, it can never be taken. unmapped: the index is not as we made
    it, so no document can be. unknown: stop, do not guess.
    """
    status, kind = item["status"], (item.get("error") or {}).get("type", "")
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return "acknowledged"
    if kind in BLOCKED:
        return "flooded" if NUMBER in item["error"].get("reason", "") else "parked"
    if status == HTTPStatus.CONFLICT:
        # With external_gte an equal version is stored again, so a conflict always means a newer one
        return "superseded" if kind == "version_conflict_engine_exception" else "unknown"
    if status in LATER or kind in PASSING:
        return "retry"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return "too_large"
    refused: Decision = "unmapped" if kind == "strict_dynamic_mapping_exception" else "rejected"
    return refused if status == HTTPStatus.BAD_REQUEST else "unknown"


def is_missing(item: Mapping[str, Any]) -> bool:
    """Say whether the index was not there: it was replaced or removed since its name was looked up."""
    return bool((item.get("error") or {}).get("type") == "index_not_found_exception")
