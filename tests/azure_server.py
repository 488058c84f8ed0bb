"""A server of Azure's blobs of a test's own, Azurite, with the container `share`; it is not installed with the others.

Its packages take 190 MB: `npm install --global azurite`, and the tests that need it run.
"""

import importlib
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ports import free_port, serving

CONTAINER = "share"
# Azurite's one account, the same everywhere: it keeps nothing secret.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@contextmanager
def running() -> Generator[str]:
    """Give what to connect with to a server on this machine."""
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("no Azurite: npm install --global azurite")
    pytest.importorskip("adlfs", reason="no adlfs: the extra `azure`")
    port = free_port()
    with TemporaryDirectory(prefix="groundsel-azure-") as folder:
        options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", folder, "--silent",
                   "--skipApiVersionCheck"]  # fmt: skip
        with serving([program, *options], port):
            address = f"http://127.0.0.1:{port}/devstoreaccount1"
            told = (
                f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};BlobEndpoint={address};"
            )
            client(told).create_container()
            yield told


def client(told: str) -> Any:  # noqa: ANN401 - its library is not installed with the others
    blobs = importlib.import_module("azure.storage.blob")
    return blobs.ContainerClient.from_connection_string(told, CONTAINER)
