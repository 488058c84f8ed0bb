"""What a cluster's refusals mean: a sentence with the next step, and no secret in it."""

from base64 import b64encode

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


def test_a_cloud_id_leads_to_the_address_that_it_holds() -> None:
    held = b64encode(b"eu.cloud.example:9243$abc123$kibana456").decode()
    (node,) = connect(Cluster(cloud_id=f"search:{held}", api_key="K3Y")).transport.node_pool.all()

    assert node.base_url == "https://abc123.eu.cloud.example:9243"


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        (Cluster(cloud_id="nonsense"), r"store\.cloud_id, or .*Cloud ID is not properly formatted"),
        (Cluster(hosts=("es:9200",)), r"store\.url, or .* an address is https://HOST:9200"),
        (Cluster(hosts=("https://es:9200",), ca_file="/nowhere.crt"), r"a certificate beside it, .* not a path"),
        (
            Cluster(hosts=("https://es:9200",), ca_file=__file__),
            r"store\.ca_file, client_certificate or client_key cannot",
        ),
    ],
)
def test_an_address_or_a_certificate_that_is_none_is_told_with_the_setting(cluster: Cluster, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        connect(cluster)


def test_an_address_and_a_cloud_id_are_one_too_many() -> None:
    with pytest.raises(InvalidInput, match=r"set store\.url or store\.cloud_id, not both"):
        connect(Cluster(hosts=("https://es:9200",), cloud_id="search:abc"))


def test_a_cluster_shows_no_secret() -> None:
    cluster = Cluster(hosts=("https://es:9200",), api_key="K3Y", username="ann", password="PASS")  # noqa: S106 - invented

    assert "K3Y" not in repr(cluster)
    assert "PASS" not in repr(cluster)
    assert place(cluster) == "https://es:9200"
