"""The service as a whole: its headers, its health, where it listens, and what it never loads."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime

import anyio
import httpx
import pytest

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import Document, Query, Ranking
from groundsel_plugin.access import refuse_open_network
from groundsel_plugin.app import create_app
from groundsel_plugin.commands import address, listening
from groundsel_plugin.routes import Parts
from groundsel_plugin.serving import Server
from plugin_parts import LEAVE, client_of, made

pytestmark = pytest.mark.anyio


class SilentStore(MemoryStore):
    async def as_of(self) -> Mapping[str, datetime]:
        raise Unavailable("no answer")


class HangingStore(MemoryStore):
    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        await anyio.sleep_forever()
        return None


class SlowStore(MemoryStore):
    """Answers once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = anyio.Event()
        self.answer = anyio.Event()

    async def search_lexical(self, query: Query) -> Ranking:
        self.asked.set()
        await self.answer.wait()
        return await super().search_lexical(query)


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


async def test_what_is_sent_on_a_connection_waits_for_no_acknowledgement() -> None:
    delays: list[int] = []

    class Noting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            taken = transport.get_extra_info("socket")
            delays.append(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            met.set()

    met = anyio.Event()
    with listening("127.0.0.1", 0) as sock:
        server = await asyncio.get_running_loop().create_server(Noting, sock=sock)
        async with server, await anyio.connect_tcp(*sock.getsockname()):
            await met.wait()

    assert delays == [1]


def test_the_service_loads_no_torch() -> None:
    code = "import sys, groundsel_plugin.app, groundsel_pipelines.composition; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "False"


async def test_what_is_found_is_kept_by_no_cache_and_the_page_is_always_the_newest(client: httpx.AsyncClient) -> None:
    searched = await client.post("/api/v1/search", json={"query": "leave"})

    assert searched.headers["cache-control"] == "no-store"
    assert (await client.get("/static/page.js")).headers["cache-control"] == "no-cache"
    assert (await client.get("/")).headers["cache-control"] == "no-cache"


async def test_a_store_that_hangs_is_a_problem_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundsel_plugin.routes.READ_SECONDS", 0.01)
    async with client_of(made(HangingStore())) as client:
        response = await client.get("/api/v1/collections/docs/documents/docs%2Fleave.md")

    assert (response.status_code, response.json()["title"]) == (504, "It took too long")


async def test_what_was_accepted_is_answered_before_the_service_ends(parts: Parts) -> None:
    """The signal comes while an answer is on its way; meanwhile the service says that it is not ready."""
    slow = SlowStore()
    await slow.write([LEAVE])
    parts = made(slow)
    ready = anyio.Event()
    with listening("127.0.0.1", 0) as sock:
        server = Server(create_app(parts), health=parts.health, announce=ready.set)
        async with anyio.create_task_group() as group, httpx.AsyncClient(base_url=address(sock)) as client:
            group.start_soon(server.serve, [sock])
            await ready.wait()
            searched = asyncio.create_task(client.post("/api/v1/search", json={"query": "leave", "mode": "lexical"}))
            await slow.asked.wait()
            server.handle_exit(signal.SIGTERM, None)
            probed = await client.get("/readyz")
            slow.answer.set()
            found = await searched

    assert probed.status_code == 503
    assert found.json()["results"]
