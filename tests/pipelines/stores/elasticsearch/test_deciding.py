"""The decision table of bulk items, line by line: what is lost, repeated or refused depends on nothing else."""

import pytest

from groundsel_pipelines.stores.elasticsearch.deciding import Decision, decide

FLOOD = "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, ...];"


@pytest.mark.parametrize(
    ("status", "kind", "decision"),
    [
        (200, "", "acknowledged"),
        (201, "", "acknowledged"),
        (409, "version_conflict_engine_exception", "superseded"),
        (409, "something_else", "unknown"),
        (429, "es_rejected_execution_exception", "retry"),
        (429, "circuit_breaking_exception", "retry"),
        (502, "", "retry"),
        (503, "unavailable_shards_exception", "retry"),
        (504, "", "retry"),
        (500, "node_closed_exception", "retry"),
        (429, "cluster_block_exception", "parked"),
        (403, "cluster_block_exception", "parked"),
        (500, "i_o_exception", "parked"),
        (413, "", "too_large"),
        (400, "document_parsing_exception", "rejected"),
        (400, "strict_dynamic_mapping_exception", "unmapped"),
        (403, "security_exception", "unknown"),
        (500, "null_pointer_exception", "unknown"),
    ],
)
def test_each_answer_has_one_meaning(status: int, kind: str, decision: Decision) -> None:
    assert decide({"status": status, **({"error": {"type": kind, "reason": "..."}} if kind else {})}) == decision


def test_a_nearly_full_disk_is_told_from_blocks_that_someone_has_set() -> None:
    error = {"type": "cluster_block_exception", "reason": FLOOD}

    assert decide({"status": 429, "error": error}) == "flooded"
    assert decide({"status": 403, "error": {**error, "reason": FLOOD.replace("/12/", "/8/")}}) == "parked"
