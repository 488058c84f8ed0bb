"""Files elsewhere: listed, told apart, read, and seen by whom an access file names, alike in every place."""

from contextlib import closing

import pytest

from elsewhere import EVERYONE, Elsewhere, Zip, connect, items
from groundsel_ingest import reading
from groundsel_ingest.connector import Item
from groundsel_pipelines.errors import Rejected

TREE = {
    "leave.md": "Twenty days.",
    "hr/pay é.md": "On the 25th.",
    "hr/old/2019.txt": "On the 28th.",
    "hr/.hidden.md": "Hidden.",
    ".git/config": "Hidden.",
}


def test_all_files_are_listed_with_their_dates_and_read(elsewhere: Elsewhere) -> None:
    for path, text in TREE.items():
        elsewhere.write(path, text)

    with closing(connect(elsewhere.options())) as connector:
        found = items(connector)

        assert set(found) == {"leave.md", "hr/pay é.md", "hr/old/2019.txt"}
        for path, item in found.items():
            assert item.modified_at is not None
            with reading.copy(connector, item).file as file:
                file.seek(0)
                assert file.read().decode() == TREE[path]
        assert found["hr/pay é.md"].uri == f"{connector.place}/hr/pay%20%C3%A9.md"


def test_what_has_not_changed_keeps_its_stamp_and_what_has_does_not(elsewhere: Elsewhere) -> None:
    if isinstance(elsewhere, Zip):
        pytest.skip("a zip file is written anew as a whole")
    elsewhere.write("a.md", "One.")
    elsewhere.write("b.md", "One.")
    with closing(connect(elsewhere.options())) as connector:
        before = items(connector)
    elsewhere.write("b.md", "Two, as of today.")
    with closing(connect(elsewhere.options())) as connector:
        after = items(connector)

    assert before["a.md"].stamp == after["a.md"].stamp
    assert before["b.md"].stamp != after["b.md"].stamp


def test_patterns_and_the_largest_size_say_what_is_taken(elsewhere: Elsewhere) -> None:
    for path, text in TREE.items():
        elsewhere.write(path, text)
    elsewhere.write("long.md", "x" * 5000)

    with closing(connect(elsewhere.options(), include=["*.md"], exclude=["hr/"], largest="4KiB")) as connector:
        found = items(connector)
        assert set(found) == {"leave.md", "long.md"}
        with pytest.raises(Rejected, match="larger than"):
            connector.open(found["long.md"])
        with connector.open(found["leave.md"]) as file:
            assert file.read() == b"Twenty days."


def test_the_rules_of_an_access_file_hold_there_as_well(elsewhere: Elsewhere) -> None:
    elsewhere.write("a.md", "A")
    elsewhere.write("board/b.md", "B")
    elsewhere.write("access.toml", '[[rule]]\nfiles = ["board/**"]\nallowed = ["group:board"]\n')

    with closing(connect(elsewhere.options())) as connector:
        found = items(connector)
        assert connector.ruled
        assert found["a.md"].allowed == EVERYONE
        assert found["board/b.md"].allowed == {"group:board"}


def test_a_file_that_is_gone_since_it_was_listed_is_rejected(elsewhere: Elsewhere) -> None:
    elsewhere.write("a.md", "A")
    with closing(connect(elsewhere.options())) as connector:
        (item,) = items(connector).values()
        with pytest.raises(Rejected, match="gone"):
            connector.open(Item(native_id="b.md", name="b.md", uri="", stamp="", modified_at=None, allowed=EVERYONE))
        assert connector.open(item).read() == b"A"
