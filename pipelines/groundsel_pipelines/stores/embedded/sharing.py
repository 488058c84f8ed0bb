"""A lock that any number of readers hold together, or one writer alone (Courtois, Heymans and Parnas 1971)."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Condition


class SharedLock:
    """Who waits to write goes before who comes to read: readers that never end would hold a change back for ever."""

    def __init__(self) -> None:
        self._free = Condition()
        self._readers = 0
        self._writers = 0  # that write, or wait to

    @contextmanager
    def reading(self) -> Generator[None]:
        """Hold it together with other readers. Whoever holds it must not ask for it again."""
        with self._free:
            self._free.wait_for(lambda: not self._writers)
            self._readers += 1
        try:
            yield
        finally:
            with self._free:
                self._readers -= 1
                self._free.notify_all()

    @contextmanager
    def writing(self) -> Generator[None]:
        """Hold it alone."""
        with self._free:
            self._writers += 1
            try:
                self._free.wait_for(lambda: not self._readers)
                yield
            finally:
                self._writers -= 1
                self._free.notify_all()
