"""Vectors by the passage that they were made from: one that was embedded before, anywhere, is not embedded again.

A corrected sentence costs one passage instead of its document, a moved or renamed file nothing, and a text that stands
in a thousand files is embedded once. Only hashes and vectors are kept; what no run has used for `KEPT_DAYS` is dropped.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np

from groundsel_pipelines.protocols import Embedder, TokenCounter
from groundsel_pipelines.types import Vectors

FILE_NAME: Final = "vectors.db"
KEPT_DAYS: Final = 30
MOST_ENTRIES: Final = 1_000_000  # with 384 dimensions 0.8 GB; the longest unused go first
HASH_BYTES: Final = 16
SUM_BYTES: Final = 4
PARAMETERS: Final = 500  # of one statement; SQLite takes 999 at least
SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;  -- a cache: lost, it is made anew
CREATE TABLE IF NOT EXISTS vector (
    hash BLOB PRIMARY KEY,
    day INTEGER NOT NULL,   -- of the last use, since 1970
    value BLOB NOT NULL     -- float16, little-endian, as the embedded store keeps it, and the CRC-32 of it
) STRICT, WITHOUT ROWID;
"""


class CachedEmbedder:
    """An embedder that remembers; without its file, as a full or damaged disk leaves it, it just embeds.

    Args:
        embedder: makes what is not remembered.
        folder: where the file lies.

    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self.model_id = embedder.model_id
        self.dimensions = embedder.dimensions
        self.max_tokens = embedder.max_tokens
        self.languages = embedder.languages
        self.tokens: TokenCounter = embedder.tokens
        self._embedder = embedder
        self._lock = Lock()
        self._connection = opened(folder / FILE_NAME)
        self.reused = 0  # passages
        self.embedded = 0

    def embed_query(self, text: str) -> Vectors:
        return self._embedder.embed_query(text)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        hashes = [self._hash(text) for text in texts]
        first: dict[bytes, int] = {}
        for number, each in enumerate(hashes):
            first.setdefault(each, number)
        known = self._recall(list(first))
        missing = [each for each in first if each not in known]
        if missing:
            made = self._embedder.embed_passages([texts[first[each]] for each in missing])
            known |= dict(zip(missing, made, strict=True))
            self._remember(missing, made)
        self.embedded += len(missing)
        self.reused += len(texts) - len(missing)
        return np.stack([known[each] for each in hashes])

    def close(self) -> None:
        """Drop what is too old or too much, and close the file."""
        if self._connection is None:
            return
        try:
            with self._lock, self._connection:
                self._connection.execute("DELETE FROM vector WHERE day < ?", (today() - KEPT_DAYS,))
                (count,) = self._connection.execute("SELECT count(*) FROM vector").fetchone()
                if count > MOST_ENTRIES:
                    self._connection.execute(
                        "DELETE FROM vector WHERE hash IN (SELECT hash FROM vector ORDER BY day LIMIT ?)",
                        (count - MOST_ENTRIES,),
                    )
        except sqlite3.Error:
            pass  # the next run drops it
        finally:
            self._connection.close()

    def _hash(self, text: str) -> bytes:
        key = f"{self.model_id}\0{text}".encode(errors="surrogatepass")
        return hashlib.blake2b(key, digest_size=HASH_BYTES).digest()

    def _recall(self, hashes: Sequence[bytes]) -> dict[bytes, Vectors]:
        if self._connection is None:
            return {}
        found: dict[bytes, Vectors] = {}
        try:
            with self._lock, self._connection:
                for start in range(0, len(hashes), PARAMETERS):
                    some = hashes[start : start + PARAMETERS]
                    marks = ",".join("?" * len(some))
                    rows = self._connection.execute(
                        f"UPDATE vector SET day = ? WHERE hash IN ({marks}) RETURNING hash, value",  # noqa: S608 - marks
                        (today(), *some),
                    ).fetchall()
                    found |= {each: unpacked(value) for each, value in rows if is_whole(value, self.dimensions)}
        except sqlite3.Error:
            self._give_up()
        return found

    def _remember(self, hashes: Sequence[bytes], vectors: Vectors) -> None:
        if self._connection is None:
            return
        rows = [(each, today(), packed(vector)) for each, vector in zip(hashes, vectors, strict=True)]
        try:
            with self._lock, self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?)", rows)
        except sqlite3.Error:
            self._give_up()

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def opened(path: Path) -> sqlite3.Connection | None:
    """Open the file, made anew where it is damaged; None where that is not possible."""
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, check_same_thread=False)
            connection.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, full, no rights
                return None
            for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                name.unlink(missing_ok=True)
        except OSError:
            return None
        else:
            return connection
    return None


def packed(vector: Vectors) -> bytes:
    value = vector.astype("<f2").tobytes()
    return value + zlib.crc32(value).to_bytes(SUM_BYTES, "little")


def is_whole(value: bytes, dimensions: int) -> bool:
    """Say whether a value is one of this many dimensions, and as it was written."""
    vector, told = value[:-SUM_BYTES], value[-SUM_BYTES:]
    return len(vector) == 2 * dimensions and zlib.crc32(vector).to_bytes(SUM_BYTES, "little") == told


def unpacked(value: bytes) -> Vectors:
    """Give a vector back at unit length: half precision has moved it a little."""
    vector = np.frombuffer(value[:-SUM_BYTES], "<f2").astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def today() -> int:
    """Give the days since 1970."""
    return int(datetime.now(UTC).timestamp()) // 86_400
