"""Readers hold a shared lock together, a writer alone, and who waits to write is not held back by new readers."""

from threading import Barrier, Event, Thread

import pytest

from groundsel_pipelines.stores.embedded.sharing import SharedLock

LONG = 10.0  # seconds: only a lock that is broken takes them
MOMENT = 0.05


def test_readers_hold_it_together() -> None:
    lock, together = SharedLock(), Barrier(2, timeout=LONG)

    def read() -> None:
        with lock.reading():
            together.wait()  # breaks when one of them is kept out

    readers = [Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(LONG)

    assert not together.broken


def test_a_writer_waits_for_readers_and_new_readers_for_the_writer() -> None:
    lock, written, read = SharedLock(), Event(), Event()
    order: list[str] = []

    def write() -> None:
        with lock.writing():
            order.append("written")
        written.set()

    def read_later() -> None:
        with lock.reading():
            order.append("read")
        read.set()

    with lock.reading():
        writer = Thread(target=write)
        writer.start()
        assert not written.wait(MOMENT)
        reader = Thread(target=read_later)
        reader.start()
        assert not read.wait(MOMENT)
    writer.join(LONG)
    reader.join(LONG)

    assert order == ["written", "read"]


def test_a_failure_gives_it_back() -> None:
    lock = SharedLock()
    for held in (lock.reading, lock.writing):
        with pytest.raises(ValueError, match="broken"), held():
            raise ValueError("broken")

    with lock.writing():
        pass
