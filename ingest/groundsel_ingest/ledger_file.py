"""The file of the ledger: opened, made anew where its format is old, its failures said in sentences."""

import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

from groundsel_pipelines.errors import InvalidInput, Unavailable

FILE_NAME: Final = "manifest.db"
FORMAT = 3
BUSY_SECONDS = 5  # another source's ingest commits in a few milliseconds


@contextmanager
def guarded(path: Path) -> Generator[None]:
    """Say in a sentence what SQLite says in a word."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        match getattr(error, "sqlite_errorname", "SQLITE_UNKNOWN").split("_")[1]:
            case "BUSY" | "LOCKED":
                what = "is held by another process; wait for it to end"
            case "FULL":
                what = "cannot grow: the disk is full; free some space and run the command again"
            case "READONLY" | "CANTOPEN" | "IOERR" | "PERM":
                what = f"cannot be read or written ({error}); check the disk and the folder's rights"
            case "CORRUPT" | "NOTADB":
                what = "is damaged; remove it: the next ingest makes it anew and sends every document again"
            case _:
                raise
        raise Unavailable(f"the ledger {path} {what}") from None


def connect(path: Path) -> sqlite3.Connection:
    """Open the ledger; one of an older format is made anew, and every document is sent again.

    Raises:
        InvalidInput: a newer Groundsel made it.

    """
    with ExitStack() as stack:
        connection = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (made,) = connection.execute("PRAGMA user_version").fetchone()
        if made > FORMAT:
            raise InvalidInput(f"the ledger {path} was made by a newer Groundsel; use that one, or remove the file")
        if made < FORMAT:
            make(connection)
        stack.pop_all()  # open from here on
    return connection


def make(connection: sqlite3.Connection) -> None:
    """Make the tables, over what an older format left."""
    script = files("groundsel_ingest").joinpath("manifest.sql").read_text(encoding="utf-8")
    connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {FORMAT}; COMMIT;")


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open the ledger beside whoever writes it; where there is none of this format, give an empty one in memory."""
    if path.exists():
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        if connection.execute("PRAGMA user_version").fetchone() == (FORMAT,):
            return connection
        connection.close()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    make(connection)
    return connection
