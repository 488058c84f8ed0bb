"""Fixtures of every test: a real Elasticsearch node, started once, when it is first asked for."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("nightly")  # `make test-nightly`: what a run of every change has no time for

NODE = Path(__file__).resolve().parents[1] / "scripts" / "elasticsearch_node.py"
NO_NODE = 3  # its exit code


@pytest.fixture(scope="session")
def elasticsearch_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Start a node in a folder of its own, give its address, stop it at the end."""
    folder = tmp_path_factory.mktemp("node")
    for path in (folder, *folder.parents[:3]):  # the node does not run as root, and must come through to its folder
        if path.owner() == Path.home().owner() and path.is_relative_to(tmp_path_factory.getbasetemp().parent):
            path.chmod(0o755)
    node = [sys.executable, str(NODE), "--folder", str(folder / "node")]
    started = subprocess.run([*node, "start"], check=False, stdout=subprocess.PIPE, text=True)
    if started.returncode == NO_NODE:  # `make test` has fetched one before, so it never comes here
        pytest.skip("no Elasticsearch, and no mvn and java to get one: apt-get install maven openjdk-17-jre-headless")
    started.check_returncode()
    yield started.stdout.strip()
    subprocess.run([*node, "stop"], check=True)
