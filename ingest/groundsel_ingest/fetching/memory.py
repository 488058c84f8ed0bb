"""What is remembered of pages between two runs, so that only what has changed is sent again; a file a source."""

import json
import sqlite3
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from groundsel_ingest.fetching.pages import Page

SCHEMA: Final = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS page (
    url TEXT PRIMARY KEY,
    validators TEXT NOT NULL,  -- JSON: the headers of a conditional request
    page TEXT NOT NULL,        -- JSON: links, canonical address, what robots are asked
    media_type TEXT NOT NULL,
    stamp TEXT NOT NULL,       -- hash of the content
    modified_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS body (url TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;  -- until it has been read
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A page as it was when its server last sent it."""

    validators: Mapping[str, str]
    page: Page
    media_type: str
    stamp: str
    modified_at: str  # ISO 8601, or empty


class Memory:
    """Called from several threads. All of it can be thrown away: then everything is fetched once more."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def recall(self, url: str) -> Remembered | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT validators, page, media_type, stamp, modified_at FROM page WHERE url = ?", (url,)
            ).fetchone()
        if row is None:
            return None
        page = json.loads(row[1])
        return Remembered(
            validators=json.loads(row[0]),
            page=Page(**page | {"links": tuple(page["links"])}),
            media_type=row[2],
            stamp=row[3],
            modified_at=row[4],
        )

    def remember(self, url: str, what: Remembered, content: bytes) -> None:
        """Keep a page, and its content until it has been read."""
        page = what.page
        written = {"links": page.links, "canonical": page.canonical, "index": page.index, "follow": page.follow}
        with self._lock, self._connection:
            self._connection.execute("BEGIN")
            self._connection.execute(
                "INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?)",
                (url, json.dumps(dict(what.validators)), json.dumps(written), what.media_type, what.stamp,
                 what.modified_at),
            )  # fmt: skip
            self._connection.execute("INSERT OR REPLACE INTO body VALUES (?, ?)", (url, zlib.compress(content, 1)))

    def take(self, url: str) -> bytes | None:
        """Give the content of a page that was just fetched, once."""
        with self._lock:
            row = self._connection.execute("DELETE FROM body WHERE url = ? RETURNING content", (url,)).fetchone()
        return zlib.decompress(row[0]) if row else None

    def forget(self, url: str) -> None:
        with self._lock:
            self._connection.execute("DELETE FROM page WHERE url = ?", (url,))
            self._connection.execute("DELETE FROM body WHERE url = ?", (url,))

    def forget_bodies(self) -> None:
        """Drop what an earlier run fetched and nobody read."""
        with self._lock:
            self._connection.execute("DELETE FROM body")
