"""The service as a whole: its headers, its health, where it listens, and what it never loads."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime

import httpx
import pytest

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_plugin.access import refuse_open_network
from groundsel_plugin.commands import listening
from groundsel_plugin.routes import Parts
from plugin_parts import client_of, made

pytestmark = pytest.mark.anyio


class SilentStore(MemoryStore):
    async def as_of(self) -> Mapping[str, datetime]:
        raise Unavailable("no answer")


async def test_every_answer_is_named_and_bound_to_this_origin(client: httpx.AsyncClient) -> None:
    for path in ("/", "/static/page.js", "/api/v1/nothing", "/livez"):
        headers = (await client.get(path)).headers

        assert headers["x-request-id"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "require-trusted-types-for 'script'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_the_page_names_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text

    assert "http://" not in page
    assert "https://" not in page
    assert "<style" not in page
    assert " style=" not in page


async def test_liveness_does_not_look_at_the_store() -> None:
    async with client_of(made(SilentStore())) as client:
        assert (await client.get("/livez")).json() == {"status": "ok", "checks": {}}
        ready = await client.get("/readyz")

    assert (ready.status_code, ready.json()["checks"]["store"]["status"]) == (503, "unavailable")


async def test_whoever_drains_is_not_ready(parts: Parts, client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz")).status_code == 200
    parts.health.draining = True

    assert (await client.get("/health")).status_code == 503
    assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])  # noqa: S104 - to be refused
def test_listening_beyond_this_machine_must_be_asked_for(host: str) -> None:
    with pytest.raises(InvalidInput, match="open_network"):
        refuse_open_network(host, allowed=False)
    refuse_open_network(host, allowed=True)
    refuse_open_network("127.0.0.1", allowed=False)


def test_a_port_in_use_is_said_in_a_sentence() -> None:
    with listening("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(InvalidInput, match="groundsel serve --port 0"):
            listening("127.0.0.1", taken.getsockname()[1])


def test_the_service_loads_no_torch() -> None:
    code = "import sys, groundsel_plugin.app, groundsel_pipelines.composition; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "False"
