"""A cluster that asks for TLS, a client's certificate and credentials, and what is told when one of them is wrong."""

import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.settings import StoreSettings
from groundsel_pipelines.stores.elasticsearch import ElasticsearchStore
from groundsel_pipelines.stores.elasticsearch.connecting import connect
from groundsel_pipelines.types import Query
from small_corpus import EMBEDDER, STAFF, indexed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NODE = Path(__file__).resolve().parents[2] / "scripts" / "elasticsearch_node.py"
NO_NODE = 3  # its exit code
LEAVE = indexed("leave.md", "Annual leave is 25 days.")
ASK = Query(text="annual leave", principals=STAFF)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def secured() -> Generator[Cluster]:
    """Start a node that asks for everything, and say how one gets in."""
    with TemporaryDirectory(prefix="groundsel-secured-") as name:
        Path(name).chmod(0o755)
        node = [sys.executable, str(NODE), "--folder", f"{name}/node"]
        started = subprocess.run([*node, "start", "--secured"], check=False, stdout=subprocess.PIPE, text=True)
        if started.returncode == NO_NODE:
            pytest.skip("no mvn and java to get a node with")
        started.check_returncode()
        certificates = Path(name, "node", "config", "certs")
        password = Path(name, "password")
        password.write_text("for-tests-alone\n", encoding="ascii")
        settings = StoreSettings(
            url=started.stdout.strip(),
            username="admin",
            password_file=str(password),
            ca_file=str(certificates / "ca.crt"),
            client_certificate=str(certificates / "client.crt"),
            client_key=str(certificates / "client.key"),
        )
        yield settings.cluster()
        subprocess.run([*node, "stop"], check=True)


@pytest.fixture(scope="module")
async def filled(secured: Cluster) -> Cluster:
    store = store_at(secured)
    await store.prepare()
    await store.write([LEAVE])
    await store.close()
    return secured


def store_at(cluster: Cluster) -> ElasticsearchStore:
    return ElasticsearchStore(cluster, embedding_model=EMBEDDER.model_id, dimensions=EMBEDDER.dimensions)


async def found(cluster: Cluster) -> list[str]:
    store = store_at(cluster)
    await store.prepare()
    try:
        return [hit.passage.doc_id for hit in await store.search_lexical(ASK)]
    finally:
        await store.close()


async def key(cluster: Cluster, *rights: str) -> Cluster:
    """Sign in with a new API key that has these rights on our indices alone, and none on the cluster."""
    role = {"cluster": [], "indices": [{"names": ["groundsel*"], "privileges": list(rights)}]}
    async with connect(cluster) as client:
        made = await client.security.create_api_key(name="test", role_descriptors={"test": role})
    return replace(cluster, api_key=made["encoded"], username="", password="")


async def test_a_password_a_certificate_and_the_authority_of_the_node_let_in(filled: Cluster) -> None:
    assert await found(filled) == ["docs/leave.md"]


async def test_a_host_that_is_down_is_passed_over(filled: Cluster) -> None:
    assert await found(replace(filled, hosts=(*filled.hosts, "https://127.0.0.1:9"))) == ["docs/leave.md"]


async def test_the_keys_that_the_manual_advises_are_enough(filled: Cluster) -> None:
    searching = await key(filled, "read", "view_index_metadata")
    indexing = await key(filled, "read", "view_index_metadata", "write", "maintenance", "manage")

    assert await found(searching) == ["docs/leave.md"]
    store = store_at(indexing)
    await store.prepare()
    await store.write([replace(LEAVE, document=replace(LEAVE.document, version=2))])
    assert await store.versions("docs", "files") == {"docs/leave.md": 2}
    await store.close()


async def test_a_key_without_the_right_to_write_is_told_so_at_once(filled: Cluster) -> None:
    store = store_at(await key(filled, "read", "view_index_metadata"))
    await store.prepare()
    with pytest.raises(Unavailable, match="does not let these credentials do that"):
        await store.write([LEAVE])
    await store.close()


async def test_each_wrong_way_in_has_its_own_sentence(filled: Cluster) -> None:
    other = filled.ca_file.replace("ca.crt", "other-ca.crt")
    for wrong, told in (
        (replace(filled, password="guessed"), "refuses the credentials; check store.api_key_file"),  # noqa: S106
        (replace(filled, api_key="Z3Vlc3NlZDpndWVzc2Vk"), "refuses the credentials; check store.api_key_file"),
        (replace(filled, ca_file=other), "is not trusted"),
        (replace(filled, client_certificate="", client_key=""), "certificate"),
    ):
        with pytest.raises(Unavailable, match=told):
            await store_at(wrong).prepare()
