"""The ledger of an ingest: what was seen, sent and acknowledged by the store, durable before it is acted on."""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from groundsel_pipelines.errors import InvalidInput, Unavailable

FILE_NAME: Final = "manifest.db"
FORMAT = 2
LOST_VERSIONS = 1_000_000  # deletes that a store may remember above the versions it lists, when a ledger was lost
BUSY_SECONDS = 5  # another source's ingest commits in a few milliseconds
NATIVE_ID = "collection = ? AND source = ? AND native_id = ?"
DOC_ID = "collection = ? AND source = ? AND doc_id = ?"

Run = Callable[..., sqlite3.Cursor]


State = Literal["discovered", "sent", "acknowledged", "rejected", "deleted"]
Access = Literal[
    "rules", "given", "open"
]  # who may read a source's documents is said by its rules, by someone, by none


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a document was when it was last sent: once acknowledged, an equal one need not be sent again."""

    native_id: str
    doc_id: str
    state: State
    stamp: str
    content: str
    access: str
    fingerprint: str
    version: int  # 0: never sent, or taken out again


class Manifest:
    """The ledger of one source. Its calls are short (an fsync at most), so they are made on the event loop."""

    def __init__(self, connection: sqlite3.Connection, path: Path, collection: str, source: str) -> None:
        self._connection = connection
        self._path = path
        self._key = (collection, source)
        self._counter = 0
        self.run = 0

    def begin(self, place: str, *, moved: bool, access: Access) -> None:
        """Begin a run of this source, which reads from `place`.

        Args:
            place: where the source reads from.
            moved: whether someone said that the source is at another place now.
            access: what says who may read its documents: rules of its own, someone just now, or nobody.

        Raises:
            InvalidInput: a source of this name reads from elsewhere: what it holds would seem to be gone; or its rules
                are gone, and what they kept closed would be open.

        """
        collection, source = self._key
        with self._transaction() as run:
            known = run("SELECT place, access FROM source WHERE collection = ? AND name = ?", self._key).fetchone()
            if known and known[1] == "rules" and access == "open":
                raise InvalidInput(
                    f"the access rules of {place} are gone, and what they kept closed would be open to everyone; put "
                    "them back, or say who may read it: groundsel ingest --allow PRINCIPAL"
                )
            if known and known[0] != place and not moved:
                raise InvalidInput(
                    f"source {source!r} of collection {collection!r} is {known[0]}; name this one otherwise: "
                    f"groundsel ingest {place} --source NAME (or, if it has moved there, --source {source})"
                )
            run(
                "INSERT INTO source (collection, name, place, access, run) VALUES (?, ?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET place = excluded.place, access = excluded.access, run = run + 1",
                (*self._key, place, access),
            )
            self._counter, self.run = run(
                "SELECT counter, run FROM source WHERE collection = ? AND name = ?", self._key
            ).fetchone()

    @property
    def cursor(self) -> str | None:
        row = self._read("SELECT cursor FROM source WHERE collection = ? AND name = ?", self._key)
        return row[0] if row else None

    def next_version(self) -> int:
        """Give a version higher than all before it; it is kept once something is sent with it."""
        self._counter += 1
        return self._counter

    def entry(self, native_id: str) -> Entry | None:
        """Give what is known of a document."""
        row = self._read(
            "SELECT doc_id, state, stamp, content, access, fingerprint, version FROM document"
            " WHERE collection = ? AND source = ? AND native_id = ?",
            (*self._key, os.fsencode(native_id)),
        )
        if row is None:
            return None
        doc_id, state, stamp, content, access, fingerprint, version = row
        return Entry(
            native_id=native_id,
            doc_id=doc_id,
            state=state,
            stamp=stamp,
            content=content,
            access=access,
            fingerprint=fingerprint,
            version=version,
        )

    def reconcile(self, stored: Mapping[str, int]) -> int:
        """Compare with the versions that the store holds; what differs is sent again. Gives how many do.

        A store that was restored, or a ledger that was lost, is mended so. Versions go on above the highest stored.
        """
        lost_ledger = self._counter == 0 and bool(stored)
        self._counter = max(self._counter, *stored.values(), 0) + (LOST_VERSIONS if lost_ledger else 0)
        with self._transaction() as run:
            acknowledged = run(
                "SELECT doc_id, version FROM document WHERE collection = ? AND source = ? AND state = 'acknowledged'",
                self._key,
            )
            lost = [doc_id for doc_id, version in acknowledged if stored.get(doc_id) != version]
            for doc_id in lost:
                run(f"UPDATE document SET state = 'discovered' WHERE {DOC_ID}", (*self._key, doc_id))
            self._keep_counter(run)
        return len(lost)

    def listed(self, documents: Iterable[tuple[str, str]]) -> None:
        """Note that documents (native id, doc_id) exist now."""
        with self._transaction() as run:
            for native_id, doc_id in documents:
                run(
                    "INSERT INTO document (collection, source, native_id, doc_id, state, run)"
                    " VALUES (?, ?, ?, ?, 'discovered', ?) ON CONFLICT DO UPDATE SET run = excluded.run,"
                    " state = CASE state WHEN 'deleted' THEN 'discovered' ELSE state END",
                    (*self._key, os.fsencode(native_id), doc_id, self.run),
                )

    def is_listed(self, doc_id: str) -> bool:
        """Say whether this run has listed the document."""
        row = self._read(f"SELECT run FROM document WHERE {DOC_ID}", (*self._key, doc_id))
        return row is not None and row[0] == self.run

    def restamped(self, native_id: str, stamp: str) -> None:
        """Note that the content behind a new stamp is the old one."""
        with self._transaction() as run:
            run(f"UPDATE document SET stamp = ? WHERE {NATIVE_ID}", (stamp, *self._key, os.fsencode(native_id)))

    def sent(self, entries: Sequence[Entry]) -> None:
        """Note what is about to be sent, and the versions spent on it."""
        with self._transaction() as run:
            for entry in entries:
                run(
                    "UPDATE document SET state = 'sent', stamp = ?, content = ?, access = ?, fingerprint = ?,"
                    f" version = ?, reason = '' WHERE {NATIVE_ID}",
                    (
                        entry.stamp, entry.content, entry.access, entry.fingerprint, entry.version,
                        *self._key, os.fsencode(entry.native_id),
                    ),
                )  # fmt: skip
            self._keep_counter(run)

    def acknowledged(self, entries: Sequence[Entry]) -> None:
        with self._transaction() as run:
            for entry in entries:
                run(
                    f"UPDATE document SET state = 'acknowledged' WHERE {NATIVE_ID}",
                    (*self._key, os.fsencode(entry.native_id)),
                )

    def rejected(self, native_id: str, reason: str) -> None:
        """Note why a document cannot be taken; it is tried again in the next run."""
        with self._transaction() as run:
            run(
                f"UPDATE document SET state = 'rejected', reason = ? WHERE {NATIVE_ID}",
                (reason, *self._key, os.fsencode(native_id)),
            )

    def deleting(self, doc_id: str) -> int:
        """Give the version to delete a document with; it is never given again."""
        version = self.next_version()
        with self._transaction() as run:
            run(f"UPDATE document SET state = 'sent' WHERE {DOC_ID}", (*self._key, doc_id))
            self._keep_counter(run)
        return version

    def deleted(self, doc_id: str) -> None:
        """Note that the store has deleted a document; its row stays for ever."""
        with self._transaction() as run:
            run(f"UPDATE document SET state = 'deleted', version = 0 WHERE {DOC_ID}", (*self._key, doc_id))

    def finished(self, cursor: str) -> None:
        """Note where the next run goes on: everything before it is acknowledged, rejected or deleted."""
        with self._transaction() as run:
            run("UPDATE source SET cursor = ? WHERE collection = ? AND name = ?", (cursor, *self._key))

    def _keep_counter(self, run: Run) -> None:
        run("UPDATE source SET counter = ? WHERE collection = ? AND name = ?", (self._counter, *self._key))

    def _read(self, statement: str, values: Sequence[object]) -> tuple[Any, ...] | None:
        with guarded(self._path):
            row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return row

    @contextmanager
    def _transaction(self) -> Generator[Run]:
        """Open a transaction; it is on disk when the block ends, or not at all."""
        with guarded(self._path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection.execute


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


@contextmanager
def open_manifest(folder: Path, *, collection: str, source: str) -> Generator[Manifest]:
    """Open the ledger that lies in `folder`, for one source, alone: a second run of the source is refused.

    Raises:
        Unavailable: another run holds it, or it cannot be read or written.
        InvalidInput: a newer Groundsel made it.

    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lease = (
            folder / f"ingest-{hashlib.blake2b(f'{collection}/{source}'.encode(), digest_size=8).hexdigest()}.lock"
        ).open("a")
    except OSError as error:
        raise Unavailable(
            f"{folder} cannot be written: {error.strerror}; check the disk and the folder's rights"
        ) from None
    with lease:
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system ends it with the process, however that ends
        except BlockingIOError:
            raise Unavailable(
                f"another ingest of source {source!r} is running; wait for it to end, or stop it"
            ) from None
        with guarded(path):
            connection = connect(path)
        with closing(connection):
            yield Manifest(connection, path, collection, source)


def connect(path: Path) -> sqlite3.Connection:
    """Open the ledger; one of an older format is made anew, and every document is sent again."""
    with ExitStack() as stack:
        connection = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (made,) = connection.execute("PRAGMA user_version").fetchone()
        if made > FORMAT:
            raise InvalidInput(f"the ledger {path} was made by a newer Groundsel; use that one, or remove the file")
        if made < FORMAT:
            script = files("groundsel_ingest").joinpath("manifest.sql").read_text(encoding="utf-8")
            connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {FORMAT}; COMMIT;")
        stack.pop_all()  # open from here on
    return connection


def refuse_if_busy(folder: Path) -> None:
    """Make sure that no ingest into `folder` is running.

    Raises:
        Unavailable: one is.

    """
    for path in folder.glob("ingest-*.lock"):
        with path.open("a") as lease:
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unavailable(f"an ingest into {folder} is running; wait for it to end, or stop it") from None
