"""The service over a real port, a real browser, and a reader in it."""

import shutil
import threading
from collections.abc import Generator

import anyio
import pytest
from playwright.sync_api import Browser, sync_playwright

from browsing import DOCUMENTS, Watched
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_plugin.app import create_app
from groundsel_plugin.commands import address, listening
from groundsel_plugin.serving import Server
from plugin_parts import made


@pytest.fixture(scope="module")
def service() -> Generator[str]:
    """Serve a few documents over a real port; give the address."""
    store = MemoryStore()
    parts, ready = made(store), threading.Event()
    with listening("127.0.0.1", 0) as sock:
        server = Server(create_app(parts), health=parts.health, announce=ready.set)

        async def serve() -> None:
            await store.write(DOCUMENTS)
            await server.serve([sock])

        thread = threading.Thread(target=anyio.run, args=(serve,))  # Playwright's loop runs in this one
        thread.start()
        assert ready.wait(timeout=30)
        yield address(sock)
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium on the PATH: scripts/install-chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def watched(browser: Browser, service: str) -> Generator[Watched]:
    """Give a fresh British reader; at the end nothing was complained about and nothing asked of anybody else."""
    with browser.new_context(locale="en-GB", viewport={"width": 1200, "height": 800}) as context:
        context.set_default_timeout(10_000)
        watched = Watched(context, service)
        yield watched
        assert watched.complaints == []
