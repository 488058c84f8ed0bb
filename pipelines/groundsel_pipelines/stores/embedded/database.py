"""The truth of an embedded store: one SQLite file, whole documents in and out, every change numbered."""

import json
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from threading import RLock
from typing import Any

import apsw

from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable, VersionConflict
from groundsel_pipelines.stores.embedded import checked
from groundsel_pipelines.stores.embedded.checked import Run
from groundsel_pipelines.types import IndexedDocument
from groundsel_pipelines.words import fold

SCHEMA_VERSION = "2"
READABLE = ("1", "2")  # of the first, the pages have no checksums
ANEW = "groundsel ingest DIR --rebuild"
BUSY_SECONDS = 30  # another process's longest write: a batch of documents and its fsync on a slow disk


class Database:
    """One connection, used by one thread at a time; other processes may hold theirs."""

    def __init__(self, folder: Path) -> None:
        self._lock = RLock()
        self._path = folder / "groundsel.db"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self._guarded():
                self._connection = checked.connect(self._path, busy_seconds=BUSY_SECONDS)
                self._run: Run = self._connection.execute
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=FULL")
                self._connection.execute("PRAGMA foreign_keys=ON")
        except OSError as error:
            raise Unavailable(f"the store at {folder} cannot be made: {error.strerror}") from None

    @contextmanager
    def transaction(self) -> Generator[Run]:
        """Run statements as one: all of them are durable at the end, or none is there."""
        with self._lock, self._guarded(), checked.transaction(self._connection) as run:
            yield run

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Read all rows of a query, as one consistent moment."""
        with self._lock, self._guarded():
            return self._run(statement, values).fetchall()

    def pairs(self, statement: str, values: Sequence[Any] = ()) -> dict[Any, Any]:
        """Read a query of two columns as a dictionary, without a list of its rows beside it."""
        with self._lock, self._guarded():
            return dict(self._run(statement, values))

    @contextmanager
    def _guarded(self) -> Generator[None]:
        """Say in a sentence what SQLite says in a word; nothing that was acknowledged is lost by any of these."""
        try:
            yield
        except apsw.Error as error:
            match checked.failure(error):
                case "held":
                    what = "is held by another process; wait for it to end, or stop it"
                case "full":
                    what = "cannot grow: the disk is full; free some space and run the command again"
                case "unreachable":
                    what = f"cannot be read or written ({error}); check the disk and the folder's rights"
                case "damaged":
                    what = f"is damaged ({checked.told(error)}); put a copy of it back, or build it anew: {ANEW}"
                case None:
                    raise
            raise Unavailable(f"the store at {self._path.parent} {what}") from None

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # ------------------------------------------------------------ identity

    def prepare(self, *, embedding_model: str, dimensions: int) -> None:
        """Create the tables, or verify that they were made by this version for this embedding model."""
        wanted = {"schema": SCHEMA_VERSION, "embedding_model": embedding_model, "dimensions": str(dimensions)}
        with self.transaction() as run:
            if not run("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                schema = files("groundsel_pipelines.stores.embedded").joinpath("schema.sql").read_text(encoding="utf-8")
                for statement in schema.split(";\n"):
                    run(statement)
                run(
                    "INSERT INTO meta VALUES (?, ?), (?, ?), (?, ?)", [part for pair in wanted.items() for part in pair]
                )
            found = dict(run("SELECT key, value FROM meta").fetchall())
        if found["schema"] not in READABLE:
            raise InvalidInput(
                f"the store at {self._path.parent} has format {found['schema']}, newer than {SCHEMA_VERSION}; "
                f"use the version that made it, or build it anew: {ANEW}"
            )
        if found["embedding_model"] != embedding_model:
            raise InvalidInput(
                f"the store at {self._path.parent} was made with the embedding model {found['embedding_model']}, "
                f"not {embedding_model}; set models.embed back, or build it anew: {ANEW}"
            )

    # ------------------------------------------------------------ writing

    def write(self, indexed: IndexedDocument) -> None:
        """Replace one document whole, in one transaction; it is durable when this returns."""
        document = indexed.document
        if "\0" in document.text:
            raise Rejected("its text holds NUL characters")
        with self.transaction() as run:
            self._fence(run, document.doc_id, document.version)
            values = (
                document.doc_id, document.version, document.collection, document.source, document.uri, document.title,
                fold(document.title), document.media_type, document.language, _iso(document.updated_at),
                _listed(document.allowed), _listed(document.denied),
            )  # fmt: skip
            (row,) = run(
                "INSERT INTO document (doc_id, version, collection, source, uri, title, folded_title, media_type,"
                " language, updated_at, allowed, denied, deleted, change)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?, 0, (SELECT coalesce(max(change), 0) + 1 FROM document))"
                " ON CONFLICT (doc_id) DO UPDATE SET version=excluded.version, collection=excluded.collection,"
                " source=excluded.source, uri=excluded.uri, title=excluded.title, folded_title=excluded.folded_title,"
                " media_type=excluded.media_type, language=excluded.language, updated_at=excluded.updated_at,"
                " allowed=excluded.allowed, denied=excluded.denied, deleted=0, change=excluded.change RETURNING row",
                values,
            ).fetchone()
            self._clear(run, row)
            blocks = json.dumps([[b.kind, b.start, b.end, b.level, b.page] for b in document.blocks])
            run("INSERT INTO body VALUES (?,?,?,?)", (row, document.text, blocks, json.dumps(dict(document.metadata))))
            for passage in indexed.passages:
                headings = json.dumps(passage.headings, ensure_ascii=False)
                position = (row, passage.ordinal, passage.start, passage.end, passage.page, headings)
                run("INSERT INTO passage VALUES (?,?,?,?,?,?)", position)
            run("INSERT INTO vectors VALUES (?,?)", (row, indexed.vectors.astype("<f2").tobytes()))

    def delete(self, doc_id: str, version: int) -> None:
        """Empty a document and keep its version, also of one never seen: a late write of it must not come through."""
        with self.transaction() as run:
            self._fence(run, doc_id, version)
            (row,) = run(
                "INSERT INTO document (doc_id, version, deleted, change)"
                " VALUES (?, ?, 1, (SELECT coalesce(max(change), 0) + 1 FROM document))"
                " ON CONFLICT (doc_id) DO UPDATE SET version=excluded.version, deleted=1, change=excluded.change,"
                " uri='', title='', folded_title='', allowed='[]', denied='[]' RETURNING row",
                (doc_id, version),
            ).fetchone()
            self._clear(run, row)

    @staticmethod
    def _fence(run: Run, doc_id: str, version: int) -> None:
        stored = run("SELECT version FROM document WHERE doc_id = ?", (doc_id,)).fetchone()
        if stored and stored[0] > version:
            raise VersionConflict(f"{doc_id} is stored at version {stored[0]}; {version} is older: refused")

    @staticmethod
    def _clear(run: Run, row: int) -> None:
        for table in ("body", "passage", "vectors"):
            run(f"DELETE FROM {table} WHERE document = ?", (row,))  # noqa: S608 - the names stand in the line above

    def record_sync(self, collection: str, source: str, at: datetime) -> None:
        with self.transaction() as run:
            run("INSERT OR REPLACE INTO sync VALUES (?,?,?)", (collection, source, _iso(at)))


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _listed(principals: Collection[str]) -> str:
    return json.dumps(sorted(principals), ensure_ascii=False)
