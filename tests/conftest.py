"""Fixtures of every test: the event loop, and a real Elasticsearch node, started once, when it is first asked for."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from groundsel_pipelines.protocols import Cluster
from registered_stores import emptied, own_cluster

settings.register_profile("everyday", deadline=None)  # a busy machine is no failure
settings.register_profile("nightly", deadline=None)  # `make test-nightly`: what a run of every change has no time for
settings.load_profile("everyday")  # pytest's own option for profiles is read later, and wins

NODE = Path(__file__).resolve().parents[1] / "scripts" / "elasticsearch_node.py"
NO_NODE = 3  # its exit code


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def node_folder() -> Generator[Path]:
    """Give the place of the session's node: not among pytest's, which every run closes to all but its own user."""
    with TemporaryDirectory(prefix="groundsel-node-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the node does not run as root, and must come through
        yield folder / "node"


@pytest.fixture(scope="session")
def elasticsearch_url(node_folder: Path) -> Generator[str]:
    """Start the node, give its address, stop it at the end."""
    node = [sys.executable, str(NODE), "--folder", str(node_folder)]
    started = subprocess.run([*node, "start"], check=False, stdout=subprocess.PIPE, text=True)
    if started.returncode == NO_NODE:  # `make test` has fetched one before, so it never comes here
        pytest.skip("no Elasticsearch, and no mvn and java to get one: apt-get install maven openjdk-17-jre-headless")
    started.check_returncode()
    yield started.stdout.strip()
    subprocess.run([*node, "stop"], check=True)


@pytest.fixture
async def cluster(elasticsearch_url: str) -> AsyncGenerator[Cluster]:
    """Give a place of the test's own in the node, emptied at the end."""
    async with emptied(own_cluster(elasticsearch_url)) as made:
        yield made
