"""The Elasticsearch node that benchmarks run on, and indices of their own in it."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.connecting import connect

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "elasticsearch_node.py"
HEAP = "2g"


@asynccontextmanager
async def own_indices(kept: str = "") -> AsyncGenerator[Cluster]:
    """Find or start the node, give a place in it that nobody else has, and leave nothing there; or one that is kept."""
    command = [sys.executable, str(SCRIPT), "start", "--heap", HEAP]
    address = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()  # noqa: ASYNC221
    cluster = Cluster(hosts=(address,), prefix=kept or f"bench{uuid4().hex[:8]}", timeout=120)
    try:
        yield cluster
    finally:
        if not kept:
            client = connect(cluster)
            names = await client.indices.get(index=f"{cluster.prefix}-*")
            if names.body:
                await client.indices.delete(index=sorted(names.body))
            await client.close()
