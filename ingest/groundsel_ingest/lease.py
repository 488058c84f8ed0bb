"""One run at a time of each source: a lock that ends with its process, and that a run which hangs can lose."""

import fcntl
import hashlib
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from groundsel_pipelines.errors import Unavailable

RENEWAL_SECONDS = 20  # between two signs of life
LEASE_SECONDS = 90  # three missed signs, and one bulk request of 30 s in flight


class Lease:
    """The right to run a source, as long as it is renewed.

    A process that was stopped for longer than `LEASE_SECONDS` may find that another run has taken its place: the
    ledger's generation (`source.run`) then keeps it from writing, and versions keep what it had under way from
    counting.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def renew(self) -> None:
        """Give a sign of life."""
        os.utime(self._path)


@contextmanager
def hold_lease(folder: Path, *, collection: str, source: str) -> Generator[Lease]:
    """Hold the lease of a source in `folder` until the end of the block, or of the process.

    Raises:
        Unavailable: another run holds it and gives signs of life.
        OSError: the folder cannot be written.

    """
    path = lock_of(folder, collection=collection, source=source)
    file = _lock(path)
    if file is None:
        raise Unavailable(f"another ingest of source {source!r} is running; wait for it to end, or stop it")
    with file:
        os.utime(path)
        yield Lease(path)


def lock_of(folder: Path, *, collection: str, source: str) -> Path:
    """Give the file that is locked while the source is being run."""
    name = hashlib.blake2b(f"{collection}/{source}".encode(), digest_size=8).hexdigest()
    return folder / f"ingest-{name}.lock"


def _lock(path: Path) -> IO[str] | None:
    """Lock `path`, taking it from a holder that has given no sign of life; None where it has."""
    while True:
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            expired = time.time() - os.fstat(file.fileno()).st_mtime > LEASE_SECONDS
            same = _is_at(path, file)
            file.close()
            if not expired:
                return None
            if same:
                path.unlink(missing_ok=True)  # the holder keeps its lock, on a file that has no name any more
            continue
        if _is_at(path, file):
            return file
        file.close()  # someone else took it over between the two calls


def _is_at(path: Path, file: IO[str]) -> bool:
    """Say whether the open `file` is still the one at `path`."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def is_held(path: Path) -> bool:
    """Say whether some process holds the lock at `path`."""
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def refuse_if_busy(folder: Path) -> None:
    """Make sure that no ingest into `folder` is running.

    Raises:
        Unavailable: one is.

    """
    if any(is_held(path) for path in folder.glob("ingest-*.lock")):
        raise Unavailable(f"an ingest into {folder} is running; wait for it to end, or stop it")
