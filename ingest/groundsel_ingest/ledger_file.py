"""The file of the ledger: opened, made anew where its format is old, its failures said in sentences."""

from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import apsw

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.stores.embedded import checked

FILE_NAME: Final = "manifest.db"
FORMAT = 4
READABLE = (3, 4)  # of the third, the pages have no checksums
BUSY_SECONDS = 5  # another source's ingest commits in a few milliseconds


@contextmanager
def guarded(path: Path) -> Generator[None]:
    """Say in a sentence what SQLite says in a word."""
    try:
        yield
    except apsw.Error as error:
        match checked.failure(error):
            case "held":
                what = "is held by another process; wait for it to end"
            case "full":
                what = "cannot grow: the disk is full; free some space and run the command again"
            case "unreachable":
                what = f"cannot be read or written ({error}); check the disk and the folder's rights"
            case "damaged":
                what = "is damaged; remove it: the next ingest makes it anew and sends every document again"
            case None:
                raise
        raise Unavailable(f"the ledger {path} {what}") from None


def connect(path: Path) -> apsw.Connection:
    """Open the ledger; one of an older format is made anew, and every document is sent again.

    Raises:
        InvalidInput: a newer Groundsel made it.

    """
    with ExitStack() as stack:
        connection = stack.enter_context(closing(checked.connect(path, busy_seconds=BUSY_SECONDS)))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        made = int(connection.pragma("user_version"))
        if made > FORMAT:
            raise InvalidInput(f"the ledger {path} was made by a newer Groundsel; use that one, or remove the file")
        if made not in READABLE:
            make(connection)
        stack.pop_all()  # open from here on
    return connection


def make(connection: apsw.Connection) -> None:
    """Make the tables, over what an older format left."""
    script = files("groundsel_ingest").joinpath("manifest.sql").read_text(encoding="utf-8")
    connection.execute(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {FORMAT}; COMMIT;")


def connect_to_read(path: Path) -> apsw.Connection:
    """Open the ledger beside whoever writes it; where there is none of this format, give an empty one in memory."""
    if path.exists():
        connection = checked.connect(path, busy_seconds=BUSY_SECONDS, read_only=True)
        if connection.pragma("user_version") in READABLE:
            return connection
        connection.close()
    connection = apsw.Connection(":memory:")
    make(connection)
    return connection
