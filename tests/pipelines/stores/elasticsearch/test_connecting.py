"""What a cluster's refusals mean: a sentence with the next step, and no secret in it."""

import pytest

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.connecting import cause, connect, place, refused


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, "security_exception", "refuses the credentials; check store.api_key_file"),
        (403, "security_exception", "does not let these credentials do that: words"),
        (429, "cluster_block_exception", "blocks writing: words; free some disk space"),
        (404, "index_not_found_exception", "has lost an index"),
        (500, "odd_exception", "answered 500: odd_exception: words"),
    ],
)
def test_each_refusal_is_told_with_the_next_step(status: int, kind: str, told: str) -> None:
    error = refused(status, (kind, "words"), "http://es:9200")

    assert isinstance(error, Unavailable)
    assert told in str(error)
    assert "http://es:9200" in str(error)


def test_the_root_cause_is_what_is_told() -> None:
    body = {"error": {"type": "outer", "reason": "", "root_cause": [{"type": "inner", "reason": "why"}]}, "status": 400}

    assert cause(body) == ("inner", "why")
    assert cause("<html>Bad Gateway</html>") == ("error", "<html>Bad Gateway</html>")


def test_no_address_is_told_with_the_setting() -> None:
    with pytest.raises(InvalidInput, match=r"set store\.url, or GROUNDSEL_STORE__URL"):
        connect(Cluster())


def test_a_cluster_shows_no_secret() -> None:
    cluster = Cluster(hosts=("https://es:9200",), api_key="K3Y", username="ann", password="PASS")  # noqa: S106 - invented

    assert "K3Y" not in repr(cluster)
    assert "PASS" not in repr(cluster)
    assert place(cluster) == "https://es:9200"
