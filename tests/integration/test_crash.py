"""An ingest killed at random points, or on a disk that fails, and run again leaves what an undisturbed one leaves."""

import random
import shutil
from pathlib import Path

import pytest

from crashing import change_documents, complete, digest, fail, kill, script, write_documents
from failing_disk import faults, most_calls

pytestmark = pytest.mark.integration

FAULTS = 3
DOCUMENTS = 60
MARKERS = range(DOCUMENTS + DOCUMENTS // 3)
KILLS = 5


@pytest.fixture(scope="module")
def first_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with an index of documents that have changed since."""
    home = tmp_path_factory.mktemp("crash")
    (home / "documents").mkdir()
    write_documents(home / "documents", DOCUMENTS)
    complete(home / "documents", home / "index")
    change_documents(home / "documents", DOCUMENTS)
    return home


def test_killed_and_run_again_the_store_is_that_of_an_undisturbed_run(first_index: Path) -> None:
    documents, index = first_index / "documents", first_index / "index"
    undisturbed = shutil.copytree(index, first_index / "undisturbed")
    seconds = complete(documents, undisturbed)
    expected = digest(undisturbed, markers=MARKERS)
    assert expected != digest(index, markers=MARKERS)

    points = random.Random(7)  # noqa: S311 - any points will do, the same ones tell the same story
    for number in range(KILLS):
        disturbed = shutil.copytree(index, first_index / f"killed-{number}")
        killed = kill(documents, disturbed, after=points.uniform(0, seconds))
        complete(documents, disturbed)

        assert killed.lost == 0
        assert digest(disturbed, markers=MARKERS) == expected


def test_killed_again_and_again_it_still_comes_to_its_end(first_index: Path) -> None:
    documents, index = first_index / "documents", first_index / "index"
    undisturbed = shutil.copytree(index, first_index / "calm")
    seconds = complete(documents, undisturbed)
    disturbed = shutil.copytree(index, first_index / "killed-often")
    points = random.Random(8)  # noqa: S311 - likewise
    for _ in range(KILLS):
        assert kill(documents, disturbed, after=points.uniform(0, seconds)).lost == 0
    complete(documents, disturbed)

    assert digest(disturbed, markers=MARKERS) == digest(undisturbed, markers=MARKERS)


def test_a_disk_that_fails_loses_nothing_and_is_told_in_a_sentence(first_index: Path) -> None:
    documents, index = first_index / "documents", first_index / "index"
    sound = shutil.copytree(index, first_index / "sound")
    most = most_calls(script(documents, sound), first_index / "calls")
    expected = digest(sound, markers=MARKERS)

    for number, fault in enumerate(faults(most, FAULTS, seed=9)):
        failed = shutil.copytree(index, first_index / f"failed-{number}")
        told = fail(documents, failed, fault)
        complete(documents, failed)

        assert (told.ended != "otherwise", told.lost) == (True, 0), fault
        assert digest(failed, markers=MARKERS) == expected, fault
