"""T25: an ingest that was suspended, and whose place another has taken since, overwrites nothing when it wakes."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from crashing import COLLECTION, SOURCE, change_documents, complete, digest, start, write_documents
from groundsel_ingest.lease import LEASE_SECONDS, lock_of

pytestmark = pytest.mark.integration

DOCUMENTS = 60
MARKERS = range(DOCUMENTS + DOCUMENTS // 3)
TIMES = 4


def test_a_suspended_ingest_that_was_replaced_writes_nothing_when_it_wakes(tmp_path: Path) -> None:
    documents, before = tmp_path / "documents", tmp_path / "before"
    documents.mkdir()
    write_documents(documents, DOCUMENTS)
    seconds = complete(documents, tmp_path / "timed")
    shutil.copytree(documents, before)
    change_documents(documents, DOCUMENTS)
    after = tmp_path / "after"
    documents.rename(after)
    expected = ""

    points = random.Random(11)  # noqa: S311 - any points will do, the same ones tell the same story
    woken = 0
    for number in range(TIMES):
        shutil.rmtree(documents, ignore_errors=True)
        shutil.copytree(before, documents)
        index = tmp_path / f"index-{number}"
        with start(documents, index) as zombie:
            time.sleep(points.uniform(0, seconds))
            zombie.send_signal(signal.SIGSTOP)
            running = zombie.poll() is None
            shutil.rmtree(documents)
            shutil.copytree(after, documents)
            lock = lock_of(index, collection=COLLECTION, source=SOURCE)
            long_ago = time.time() - LEASE_SECONDS - 1  # as if it had been suspended for so long
            os.utime(lock, (long_ago, long_ago))
            complete(documents, index)
            zombie.send_signal(signal.SIGCONT)
            ended = zombie.wait(timeout=120)
        woken += running and ended != 0
        found = digest(index, markers=MARKERS)
        expected = expected or undisturbed(documents, tmp_path / "undisturbed")
        assert found == expected
    assert woken  # at least one was still at work


def undisturbed(documents: Path, index: Path) -> str:
    complete(documents, index)
    return digest(index, markers=MARKERS)
