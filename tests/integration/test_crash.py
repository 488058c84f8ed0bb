"""An ingest killed at random points, or on a disk that fails, and run again leaves what an undisturbed one leaves."""

import random
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from crashing import change_documents, write_documents
from disturbing import calls_of, digest_of, fail, finish, kill
from failing_disk import built, some
from nursery import Nursery, nursery

pytestmark = pytest.mark.integration

FAULTS = 5
DOCUMENTS = 60
MARKERS = DOCUMENTS + DOCUMENTS // 3
KILLS = 5


@pytest.fixture(scope="module")
def first_index(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Nursery, Path]]:
    """Give a folder with an index of documents that have changed since, and where ingests of it are started."""
    home = tmp_path_factory.mktemp("crash")
    (home / "documents").mkdir()
    write_documents(home / "documents", DOCUMENTS)
    with nursery(built(home)) as ingests:
        finish(ingests, home / "documents", home / "index")
        change_documents(home / "documents", DOCUMENTS)
        yield ingests, home


def test_killed_and_run_again_the_store_is_that_of_an_undisturbed_run(first_index: tuple[Nursery, Path]) -> None:
    ingests, home = first_index
    documents, index = home / "documents", home / "index"
    undisturbed = shutil.copytree(index, home / "undisturbed")
    seconds = finish(ingests, documents, undisturbed).seconds
    expected = digest_of(ingests, undisturbed, markers=MARKERS)
    assert expected != digest_of(ingests, index, markers=MARKERS)

    points = random.Random(7)  # noqa: S311 - any points will do, the same ones tell the same story
    for number in range(KILLS):
        disturbed = shutil.copytree(index, home / f"killed-{number}")
        killed = kill(ingests, documents, disturbed, after=points.uniform(0, seconds))
        finish(ingests, documents, disturbed)

        assert killed.lost == 0
        assert digest_of(ingests, disturbed, markers=MARKERS) == expected


def test_killed_again_and_again_it_still_comes_to_its_end(first_index: tuple[Nursery, Path]) -> None:
    ingests, home = first_index
    documents, index = home / "documents", home / "index"
    undisturbed = shutil.copytree(index, home / "calm")
    seconds = finish(ingests, documents, undisturbed).seconds
    disturbed = shutil.copytree(index, home / "killed-often")
    points = random.Random(8)  # noqa: S311 - likewise
    for _ in range(KILLS):
        assert kill(ingests, documents, disturbed, after=points.uniform(0, seconds)).lost == 0
    finish(ingests, documents, disturbed)

    expected = digest_of(ingests, undisturbed, markers=MARKERS)
    assert digest_of(ingests, disturbed, markers=MARKERS) == expected


def test_a_disk_that_fails_loses_nothing_and_is_told_in_a_sentence(first_index: tuple[Nursery, Path]) -> None:
    ingests, home = first_index
    documents, index = home / "documents", home / "index"
    sound = shutil.copytree(index, home / "sound")
    calls = calls_of(ingests, documents, sound)
    expected = digest_of(ingests, sound, markers=MARKERS)

    for fault in some(calls, FAULTS, random.Random(9)):  # noqa: S311 - likewise
        failed = shutil.copytree(index, home / f"failed-{fault.number}")
        told = fail(ingests, documents, failed, fault)
        finish(ingests, documents, failed)

        assert (told.ended != "otherwise", told.disturbed, told.lost) == (True, True, 0), fault
        assert digest_of(ingests, failed, markers=MARKERS) == expected, fault
