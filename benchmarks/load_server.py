"""Groundsel's whole service over one of the stores that `load.py` has filled; each question's vector is known.

load_server.py STORE FOLDER PORT PASSAGES
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

import anyio

from beside_elasticsearch import PREFIX, KnownVectors, stores_of
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.query_log import QueryLog
from groundsel_pipelines.searching import Searcher
from groundsel_plugin.access import MachineAccess
from groundsel_plugin.app import create_app
from groundsel_plugin.commands import listening
from groundsel_plugin.health import Health
from groundsel_plugin.journal import Journal
from groundsel_plugin.routes import Parts
from groundsel_plugin.serving import Server
from load import KnownQuestions, place_of
from node import own_indices


async def serve(engine: str, folder: Path, port: int, passages: int) -> None:
    """Serve until told to end, with the settings that a user starts with, the query log among them."""
    known = KnownQuestions(place_of(folder, passages))
    embedder = KnownVectors(known.questions, known.question_vectors)
    with tempfile.TemporaryDirectory() as log, listening("127.0.0.1", port) as sock:
        async with own_indices(f"{PREFIX}{passages}") as cluster:
            store = stores_of(cluster, folder / str(passages))[engine]
            await store.prepare()
            parts = Parts(
                searcher=Searcher(store=store, embedder=embedder, fusion=min_max_linear, timeout=60),
                answerer=Answerer(
                    searcher=Searcher(store=store, embedder=embedder, fusion=min_max_linear),
                    store=store,
                    embedder=embedder,
                    language_model=None,
                ),
                store=store,
                access=MachineAccess(frozenset({"group:100"})),
                health=Health(store=store),
                journal=Journal(QueryLog(Path(log))),
            )
            app = create_app(parts)
            await Server(app, health=parts.health, announce=partial(print, "ready", flush=True)).serve(sockets=[sock])
            await store.close()


if __name__ == "__main__":
    anyio.run(serve, sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
