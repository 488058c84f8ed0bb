"""The words of an asker's documents: counted anew when something has changed, by whichever process, and only then."""

from pathlib import Path

import anyio
import pytest

from groundsel_pipelines.protocols import Cluster, StorePlace
from registered_stores import opened
from small_corpus import EMBEDDER, STAFF, numbered

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

LOOKED_AGAIN_SECONDS = 6.1  # what is remembered (2), and how long a changed vocabulary may be given (4)


async def test_words_are_counted_anew_only_when_something_has_changed(cluster: Cluster, tmp_path: Path) -> None:
    place = StorePlace(folder=tmp_path, cluster=cluster)
    async with (
        opened("elasticsearch", place, EMBEDDER) as store,
        opened("elasticsearch", place, EMBEDDER) as other,
    ):
        await store.write([numbered("memos", 1, "Annual leave.", title="Memo")])
        first = await store.vocabulary(principals=STAFF)
        await anyio.sleep(LOOKED_AGAIN_SECONDS)
        assert await store.vocabulary(principals=STAFF) is first

        await other.write([numbered("memos", 2, "Travel costs.", title="Memo")])
        await anyio.sleep(LOOKED_AGAIN_SECONDS)
        assert set((await store.vocabulary(principals=STAFF)).words) == {"annual", "leave", "travel", "costs", "memo"}

        await other.delete("memos/1", version=2)
        await anyio.sleep(LOOKED_AGAIN_SECONDS)
        assert set((await store.vocabulary(principals=STAFF)).words) == {"travel", "costs", "memo"}
