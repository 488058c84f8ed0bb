"""The ledger of an ingest: what was seen, sent and acknowledged by the store, durable before it is acted on."""

import json
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import apsw

from groundsel_ingest.entry import COLUMNS, GONE, Entry, as_entry
from groundsel_ingest.lease import Lease, hold_lease
from groundsel_ingest.ledger_file import FILE_NAME, connect, connect_to_read, guarded
from groundsel_ingest.report import State as RunState
from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.pushing import SOURCE as PUSHED
from groundsel_pipelines.stores.embedded import checked
from groundsel_pipelines.stores.embedded.checked import Run

LOST_VERSIONS = 1_000_000  # deletes that a store may remember above the versions it lists, when a ledger was lost
RUNS_KEPT = 100  # of each source, for `groundsel ingest status`
NATIVE_ID = "collection = ? AND source = ? AND native_id = ?"
ATTACHED = "collection = ? AND source = ? AND native_id > ? AND native_id < ?"  # between its `bounds`
DOC_ID = "collection = ? AND source = ? AND doc_id = ?"

NOT_OPENED = "state = 'error' AND sums = '{}'"  # of a run: one that began has counted

Access = Literal[
    "rules", "given", "open"
]  # who may read a source's documents is said by its rules, by someone, by none


class Manifest:
    """The ledger of one source. Its calls are short (an fsync at most), so they are made on the event loop."""

    def __init__(self, connection: apsw.Connection, path: Path, lease: Lease, *, collection: str, source: str) -> None:
        self._connection = connection
        self._run: Run = connection.execute
        self._path = path
        self._lease = lease
        self._key = (collection, source)
        self._counter = 0
        self.run = 0  # the fencing generation; none yet

    def begin(self, place: str, *, moved: bool, access: Access) -> None:
        """Begin a run of this source, which reads from `place`.

        Args:
            place: where the source reads from.
            moved: whether someone said that the source is at another place now.
            access: what says who may read its documents: rules of its own, someone just now, or nobody.

        Raises:
            InvalidInput: a source of this name reads from elsewhere: what it holds would seem to be gone; or its rules
                are gone, and what they kept closed would be open; or its name is that of pushed documents.

        """
        collection, source = self._key
        if source == PUSHED:
            raise InvalidInput(f"{source!r} names the documents that are pushed; name the source otherwise")
        with self._transaction() as run:
            known = run("SELECT place, access FROM source WHERE collection = ? AND name = ?", self._key).fetchone()
            if known and known[1] == "rules" and access == "open":
                raise InvalidInput(
                    f"the access rules of {place} are gone, and what they kept closed would be open to everyone; put "
                    "them back, or say who may read it: groundsel ingest --allow PRINCIPAL"
                )
            if known and known[0] != place and not moved and self._holds_any():
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
            run(
                "INSERT INTO run (collection, source, run, state, started_at, updated_at)"
                " VALUES (?, ?, ?, 'in_progress', ?, ?)",
                (*self._key, self.run, now(), now()),
            )
            run(
                "DELETE FROM run WHERE collection = ? AND source = ? AND run <= ?",
                (*self._key, self.run - RUNS_KEPT),
            )

    def not_opened(self, error: str) -> None:
        """Note that a run could not even begin, as its source let nobody in; only the last one of these is kept."""
        with self._transaction() as run:
            (number,) = run(
                "INSERT INTO source (collection, name, place, access, run) VALUES (?, ?, '', 'given', 1)"
                " ON CONFLICT DO UPDATE SET run = run + 1 RETURNING run",
                self._key,
            ).fetchone()
            run(f"DELETE FROM run WHERE collection = ? AND source = ? AND {NOT_OPENED}", self._key)
            run(
                "INSERT INTO run (collection, source, run, state, started_at, updated_at, ended_at, error)"
                " VALUES (?, ?, ?, 'error', ?, ?, ?, ?)",
                (*self._key, number, now(), now(), now(), error),
            )

    def _holds_any(self) -> bool:
        """Say whether any document was ever listed: a place that never answered was a mistake, to be mended freely."""
        return self._read("SELECT 1 FROM document WHERE collection = ? AND source = ? LIMIT 1", self._key) is not None

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
        row = self._read(f"SELECT {COLUMNS} FROM document WHERE {NATIVE_ID}", (*self._key, os.fsencode(native_id)))
        return as_entry(row) if row else None

    def attached(self, native_id: str) -> list[Entry]:
        """Give what is known of all that was ever attached to a mail and is not deleted."""
        with guarded(self._path):
            rows = self._run(
                f"SELECT {COLUMNS} FROM document WHERE {ATTACHED} AND state != 'deleted'",
                (*self._key, *bounds(native_id)),
            ).fetchall()
        return [as_entry(row) for row in rows]

    def knows_below(self, folder: str) -> bool:
        """Say whether anything whose native id is a path in `folder` was there in the last run."""
        start = os.fsencode(folder) + b"/"
        row = self._read(
            "SELECT 1 FROM document WHERE collection = ? AND source = ? AND native_id >= ? AND native_id < ?"
            " AND state != 'deleted' LIMIT 1",
            (*self._key, start, start[:-1] + b"0"),  # 0 follows / in ASCII
        )
        return row is not None

    def reconcile(self, stored: Mapping[str, int]) -> int:
        """Compare with the versions that the store holds; what differs is sent again. Gives how many do.

        A store that was restored, or a ledger that was lost, is mended so: a source that tells changes only is asked
        for everything again. Versions go on above the highest stored.
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
            deleted = run(
                "SELECT doc_id FROM document WHERE collection = ? AND source = ? AND state = 'deleted'", self._key
            )
            different = len(lost) + sum(doc_id in stored for (doc_id,) in deleted)
            if different:
                run("UPDATE source SET cursor = NULL WHERE collection = ? AND name = ?", self._key)
            self._keep_counter(run)
        return different

    def listed(self, documents: Iterable[tuple[str, str]]) -> frozenset[str]:
        """Note that documents (native id, doc_id) exist now; gives those that this run had noted before."""
        again = set()
        with self._transaction() as run:
            for native_id, doc_id in documents:
                noted = run(
                    "INSERT INTO document (collection, source, native_id, doc_id, state, run)"
                    " VALUES (?, ?, ?, ?, 'discovered', ?) ON CONFLICT DO UPDATE SET run = excluded.run,"
                    " state = CASE state WHEN 'deleted' THEN 'discovered' ELSE state END WHERE run != excluded.run"
                    " RETURNING 1",
                    (*self._key, os.fsencode(native_id), doc_id, self.run),
                ).fetchall()
                if not noted:
                    again.add(native_id)
        return frozenset(again)

    def not_listed(self, stored: Iterable[str]) -> set[str]:
        """Give those of `stored`, by doc_id, that this run has not listed."""
        left = set(stored)
        with guarded(self._path):
            rows = self._run(
                "SELECT doc_id FROM document WHERE collection = ? AND source = ? AND run = ?", (*self._key, self.run)
            )
            for (doc_id,) in rows:
                left.discard(doc_id)
        return left

    def restamped(self, native_id: str, stamp: str) -> None:
        """Note that the content behind a new stamp is the old one, and so is that of what is attached to it."""
        known = (*self._key, os.fsencode(native_id))
        with self._transaction() as run:
            run(
                f"UPDATE document SET stamp = ? WHERE {ATTACHED}"
                f" AND stamp = (SELECT stamp FROM document WHERE {NATIVE_ID})",
                (stamp, *self._key, *bounds(native_id), *known),
            )
            run(f"UPDATE document SET stamp = ? WHERE {NATIVE_ID}", (stamp, *known))

    def attach(self, native_id: str, stamp: str, attached: Iterable[str]) -> None:
        """Note what is attached to a mail that is to be stored under `stamp`: it is read again where that is new."""
        still = frozenset(attached)
        noted = self.attached(native_id)
        with self._transaction() as run:
            for each in noted:
                if each.native_id not in still:
                    state, kept = each.state if each.version else "deleted", GONE
                elif each.stamp != stamp:
                    state, kept = "discovered", stamp
                else:
                    continue
                run(f"UPDATE document SET state = ?, stamp = ? WHERE {DOC_ID}", (state, kept, *self._key, each.doc_id))

    def sent(self, entries: Sequence[Entry]) -> None:
        """Note what is about to be sent, and the versions spent on it."""
        with self._transaction() as run:
            for entry in entries:
                run(
                    "UPDATE document SET state = 'sent', stamp = ?, content = ?, access = ?, fingerprint = ?,"
                    f" version = ?, reason = '', item = '' WHERE {NATIVE_ID}",
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

    def rejected(self, native_id: str, reason: str, *, stamp: str, fingerprint: str, item: str) -> None:
        """Note why a document cannot be taken.

        Args:
            native_id: the source's name for it.
            reason: a sentence.
            stamp: of the content that was tried.
            fingerprint: of what tried it in vain; empty where another try may succeed.
            item: what is needed to try it again.

        """
        with self._transaction() as run:
            run(
                "UPDATE document SET state = 'rejected', reason = ?, stamp = ?, fingerprint = ?, item = ?"
                f" WHERE {NATIVE_ID}",
                (reason, stamp, fingerprint, item, *self._key, os.fsencode(native_id)),
            )

    def stored(self) -> Mapping[str, str]:
        """Give what the store should hold, by doc_id: the source's names for it, as text."""
        with guarded(self._path):
            rows = self._run(
                "SELECT doc_id, native_id FROM document WHERE collection = ? AND source = ?"
                " AND state IN ('acknowledged', 'sent', 'rejected') AND version > 0",
                self._key,
            ).fetchall()
        return {doc_id: native_id.decode("utf-8", errors="replace") for doc_id, native_id in rows}

    def dead_letters(self) -> list[str]:
        """Give what is needed to try each rejected document again."""
        with guarded(self._path):
            rows = self._run(
                "SELECT item FROM document WHERE collection = ? AND source = ? AND state = 'rejected'", self._key
            ).fetchall()
        return [item for (item,) in rows]

    def forgive(self) -> None:
        """Let rejected documents be read again, though neither they nor the parsers have changed."""
        with self._transaction() as run:
            run(
                "UPDATE document SET fingerprint = '' WHERE collection = ? AND source = ? AND state = 'rejected'",
                self._key,
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

    def progress(self, sums: Mapping[str, int]) -> None:
        """Note how far the run has come, and give a sign of life."""
        self._lease.renew()
        with self._transaction() as run:
            run(
                "UPDATE run SET sums = ?, updated_at = ? WHERE collection = ? AND source = ? AND run = ?",
                (json.dumps(sums), now(), *self._key, self.run),
            )

    def ended(self, state: RunState, sums: Mapping[str, int], *, error: str = "") -> None:
        """Note how the run ended."""
        with self._transaction() as run:
            run(
                "UPDATE run SET state = ?, sums = ?, error = ?, updated_at = ?, ended_at = ?"
                " WHERE collection = ? AND source = ? AND run = ?",
                (state, json.dumps(sums), error, now(), now(), *self._key, self.run),
            )

    def _keep_counter(self, run: Run) -> None:
        run("UPDATE source SET counter = ? WHERE collection = ? AND name = ?", (self._counter, *self._key))

    def _read(self, statement: str, values: Sequence[object]) -> tuple[Any, ...] | None:
        with guarded(self._path):
            row: tuple[Any, ...] | None = self._run(statement, values).fetchone()
        return row

    @contextmanager
    def _transaction(self) -> Generator[Run]:
        """Open a transaction; it is on disk when the block ends, or not at all.

        Raises:
            Unavailable: another run of this source has begun since: this one may write nothing any more.

        """
        with guarded(self._path), checked.transaction(self._connection) as run:
            if self.run:
                row = self._read("SELECT run FROM source WHERE collection = ? AND name = ?", self._key)
                if row is None or row[0] != self.run:
                    raise Unavailable("another ingest of this source has taken over, as this one gave no sign of life")
            yield run


def bounds(native_id: str) -> tuple[bytes, bytes]:
    """Give what the native ids of all that is attached to a mail lie between."""
    start = os.fsencode(native_id)
    return start + b"\0", start + b"\1"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


@contextmanager
def open_manifest(folder: Path, *, collection: str, source: str) -> Generator[Manifest]:
    """Open the ledger that lies in `folder`, for one source, alone: a second run of the source is refused.

    Raises:
        Unavailable: another run holds it, or it cannot be read or written.
        InvalidInput: a newer Groundsel made it.

    """
    path = folder / FILE_NAME
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lease = stack.enter_context(hold_lease(folder, collection=collection, source=source))
        except OSError as error:
            raise Unavailable(
                f"{folder} cannot be written: {error.strerror}; check the disk and the folder's rights"
            ) from None
        with guarded(path):
            connection = stack.enter_context(closing(connect(path)))
        yield Manifest(connection, path, lease, collection=collection, source=source)


@contextmanager
def read_manifest(folder: Path, *, collection: str, source: str) -> Generator[Manifest]:
    """Open the ledger in `folder` to look into it, beside whoever writes it; it is empty where there is none.

    Raises:
        Unavailable: it cannot be read.

    """
    path = folder / FILE_NAME
    with guarded(path):
        connection = connect_to_read(path)
    with closing(connection):
        yield Manifest(connection, path, Lease(path), collection=collection, source=source)
