"""The service over a store in a dict, a hashing embedder and a scripted model: real but for the weights."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_plugin.routes import Parts
from plugin_parts import BOARD, LEAVE, NEVER, TRAVEL, client_of, made


@pytest.fixture
async def parts() -> Parts:
    store = MemoryStore()
    await store.write([LEAVE, TRAVEL, BOARD])
    await store.record_sync("docs", "files", datetime(2026, 1, 2, tzinfo=UTC))
    return made(store)


@pytest.fixture
async def client(parts: Parts) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(parts) as opened:
        yield opened


@pytest.fixture
def abstaining(parts: Parts) -> Callable[[], httpx.AsyncClient]:
    """Give a client of a service that never finds enough evidence."""
    return lambda: client_of(replace(parts, answerer=replace(parts.answerer, gate=NEVER)))
