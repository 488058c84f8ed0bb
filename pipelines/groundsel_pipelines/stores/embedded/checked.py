"""SQLite files whose pages carry checksums: a bit that changed by itself is told when its page is read.

SQLite compares no page with what it wrote. Its own extension `cksumvfs` does (https://sqlite.org/cksumvfs.html): the
checksum stands in the last eight bytes of every page. Python's `sqlite3` cannot load it everywhere, apsw brings it.
A file that was made without checksums is read and written as before. The two libraries must not have one file open in
one process: to close it in one of them would free the locks of the other.
"""

import ctypes
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import apsw
from apsw import sqlite_extra

PAGE_CHECKSUM_BYTES: Final = 8
FORMAT_BYTE: Final = 20  # of a file's header: the bytes at the end of each page that are not SQLite's


class Rows(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any: ...  # noqa: ANN401 - a row, or None: whoever asks knows its columns
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Run(Protocol):
    """Runs one statement."""

    def __call__(self, statement: str, values: Sequence[Any] = (), /) -> Rows: ...


Failure = Literal["held", "full", "unreachable", "damaged"]


@cache
def checking() -> str:
    """Give the name of the layer of SQLite that compares the checksums."""
    with closing(apsw.Connection(":memory:")) as connection:
        sqlite_extra.load(connection, "cksumvfs")
    return "cksmvfs"


def connect(path: Path, *, busy_seconds: float, read_only: bool = False) -> apsw.Connection:
    """Open a database, or make one whose pages carry checksums; transactions begin and end where they are told to.

    Raises:
        apsw.Error: it cannot be opened; `failure` says in what way.

    """
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags=flags, vfs=checking(), statementcachesize=256)
    connection.set_busy_timeout(round(busy_seconds * 1000))
    if not read_only:
        reserved = ctypes.c_int(PAGE_CHECKSUM_BYTES)
        connection.file_control("main", apsw.SQLITE_FCNTL_RESERVE_BYTES, ctypes.addressof(reserved))
    return connection


@contextmanager
def transaction(connection: apsw.Connection) -> Generator[Run]:
    """Run statements as one: all of them are on disk at the end, or none is there."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection.execute
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def has_checksums(path: Path) -> bool:
    """Say whether the pages of a file carry checksums."""
    with path.open("rb") as file:
        return file.read(FORMAT_BYTE + 1)[FORMAT_BYTE:] == bytes([PAGE_CHECKSUM_BYTES])


def failure(error: apsw.Error) -> Failure | None:
    """Say what an error of SQLite's means for whoever asked; None for an error of the statement itself."""
    match error:
        case apsw.BusyError() | apsw.LockedError():
            return "held"
        case apsw.FullError():
            return "full"
        case apsw.CorruptError() | apsw.NotADBError():
            return "damaged"
        case apsw.IOError() if is_of_checksum(error):
            return "damaged"
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.IOError() | apsw.PermissionsError():
            return "unreachable"
        case _:
            return None


def is_of_checksum(error: apsw.Error) -> bool:
    return getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_DATA


def told(error: apsw.Error) -> str:
    """Give SQLite's words for an error, and ours for that of a checksum, which it calls one of the disk."""
    return "a page is not what its checksum says" if is_of_checksum(error) else str(error)
