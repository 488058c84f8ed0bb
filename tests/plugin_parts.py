"""The service over a store in a dict, a hashing embedder and a scripted model: real but for the weights."""

from datetime import UTC, datetime

import httpx

from fakes import ScriptedModel
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.answering.gate import Gate
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.searching import Searcher
from groundsel_plugin.access import MachineAccess
from groundsel_plugin.app import create_app
from groundsel_plugin.health import Health
from groundsel_plugin.routes import Parts
from small_corpus import EMBEDDER, STAFF, indexed, of_date

ALWAYS = Gate(intercept=0.0, weights={}, threshold=0.0)
NEVER = Gate(intercept=0.0, weights={}, threshold=2.0)

LEAVE = of_date(
    indexed("leave.md", "Annual leave is 25 days. Unused leave ends in March.", title="Leave & holidays"),
    datetime(2025, 3, 1, tzinfo=UTC),
)
TRAVEL = indexed("travel.md", "Trains are booked in second class.", title="Travel")
BOARD = indexed("board.md", "The board plans annual leave.", title="Board", allowed=frozenset({"group:board"}))


def made(store: Store) -> Parts:
    searcher = Searcher(store=store, embedder=EMBEDDER, fusion=min_max_linear)
    answerer = Answerer(
        searcher=searcher, store=store, embedder=EMBEDDER, language_model=ScriptedModel("Never asked."), gate=ALWAYS
    )
    access = MachineAccess(STAFF)
    return Parts(searcher=searcher, answerer=answerer, store=store, access=access, health=Health(store=store))


def client_of(parts: Parts) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(parts), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")
