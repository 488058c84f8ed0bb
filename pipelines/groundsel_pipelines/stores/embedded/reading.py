"""Rows of the database as the nouns of the core: facts of a document, passages, whole documents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any

import numpy as np
import orjson

from groundsel_pipelines.stores.embedded.database import Database
from groundsel_pipelines.stores.visibility import may_see
from groundsel_pipelines.types import Block, Document, Passage, Vectors

PassageKey = tuple[int, int]
"""Row of the document and ordinal of the passage."""

_FACTS = (
    "d.row, d.doc_id, d.version, d.collection, d.source, d.uri, d.title, d.media_type, d.language, d.updated_at,"
    " d.allowed, d.denied"
)
_VARIABLES = 900  # SQLite's oldest default allows 999 values in a statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a document without its text: enough to filter, count and show it."""

    row: int
    doc_id: str
    version: int
    collection: str
    source: str
    uri: str
    title: str
    media_type: str
    language: str
    updated_at: datetime | None
    allowed: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A document that changed, and how it stands now; `facts` is None once it is deleted."""

    row: int
    change: int
    facts: Facts | None


def changes_since(database: Database, change: int, *, most: int) -> tuple[Changed, ...]:
    """Give the first documents that changed after `change`, each once, as it stands now, in order of change."""
    rows = database.rows(
        f"SELECT d.change, d.deleted, {_FACTS} FROM document d WHERE d.change > ? ORDER BY d.change LIMIT ?",  # noqa: S608 - constant
        (change, most),
    )
    return tuple(Changed(row=row[2], change=row[0], facts=None if row[1] else _facts(row[2:])) for row in rows)


def last_change(database: Database) -> int:
    return int(database.rows("SELECT coalesce(max(change), 0) FROM document")[0][0])


def vectors_of(database: Database, rows: Sequence[int], dimensions: int) -> Iterator[tuple[int, Vectors]]:
    """Give the vectors of each document, float16, shape (passages, dimensions)."""
    for part in _parts(rows):
        marks = ",".join("?" * len(part))
        found = database.rows(f"SELECT document, float16 FROM vectors WHERE document IN ({marks})", part)  # noqa: S608
        for row, blob in found:
            yield row, np.frombuffer(blob, "<f2").reshape(-1, dimensions)


def passages(database: Database, keys: Sequence[PassageKey]) -> Mapping[PassageKey, Passage]:
    """Read passages as they stand now; a key whose passage or document is gone is left out.

    All rows of a part come as one of JSON: between any two rows Python's lock is given away, and with the other leg at
    work beside it each of a hundred would wait for it again.
    """
    found: dict[PassageKey, Passage] = {}
    for part in _parts(keys, size=_VARIABLES // 2):
        marks = ",".join(["(?,?)"] * len(part))
        ((rows,),) = database.rows(
            f"WITH wanted (document, ordinal) AS (VALUES {marks})"  # noqa: S608 - constants and marks
            f' SELECT json_group_array(json_array({_FACTS}, p.ordinal, p.start, p."end", p.page, p.headings,'
            ' substr(b.text, p.start + 1, p."end" - p.start)))'
            # CROSS: from the few wanted to their rows, never a walk through all passages
            " FROM wanted CROSS JOIN passage p ON p.document = wanted.document AND p.ordinal = wanted.ordinal"
            " JOIN document d ON d.row = p.document JOIN body b ON b.document = p.document WHERE d.deleted = 0",
            [value for key in part for value in key],
        )
        for row in orjson.loads(rows):
            passage = _passage(_facts(row[:12]), row[12:])
            found[row[0], passage.ordinal] = passage
    return found


def passages_of(database: Database, facts: Facts) -> tuple[Passage, ...]:
    """Read all passages of a document in reading order."""
    rows = database.rows(
        'SELECT p.ordinal, p.start, p."end", p.page, p.headings, substr(b.text, p.start + 1, p."end" - p.start)'
        " FROM passage p JOIN body b ON b.document = p.document WHERE p.document = ? ORDER BY p.ordinal",
        (facts.row,),
    )
    return tuple(_passage(facts, row) for row in rows)


def metadata_of(database: Database, row: int) -> Mapping[str, str]:
    """Read what a document says of itself."""
    held: dict[str, str] = orjson.loads(database.rows("SELECT metadata FROM body WHERE document = ?", (row,))[0][0])
    return held


def document(database: Database, doc_id: str) -> Document | None:
    rows = database.rows(
        f"SELECT {_FACTS}, b.text, b.blocks, b.metadata FROM document d JOIN body b ON b.document = d.row"  # noqa: S608
        " WHERE d.doc_id = ? AND d.deleted = 0",
        (doc_id,),
    )
    if not rows:
        return None
    facts, (text, blocks, metadata) = _facts(rows[0][:12]), rows[0][12:]
    return Document(
        doc_id=facts.doc_id,
        collection=facts.collection,
        source=facts.source,
        uri=facts.uri,
        title=facts.title,
        text=text,
        media_type=facts.media_type,
        language=facts.language,
        version=facts.version,
        updated_at=facts.updated_at,
        allowed=facts.allowed,
        denied=facts.denied,
        blocks=tuple(
            Block(kind=kind, start=start, end=end, level=level, page=page)
            for kind, start, end, level, page in orjson.loads(blocks)
        ),
        metadata=orjson.loads(metadata),
    )


@lru_cache(maxsize=10_000)
def principals_in(column: str) -> frozenset[str]:
    """Read a list of principals; most documents of a collection have one of a few."""
    return frozenset(orjson.loads(column))


def _facts(row: Sequence[Any]) -> Facts:
    return Facts(
        row=row[0],
        doc_id=row[1],
        version=row[2],
        collection=intern(row[3]),  # the facts of all documents are kept in memory, and these say the same of many
        source=intern(row[4]),
        uri=row[5],
        title=row[6],
        media_type=intern(row[7]),
        language=intern(row[8]),
        updated_at=datetime.fromisoformat(row[9]) if row[9] else None,
        allowed=principals_in(row[10]),
        denied=principals_in(row[11]),
    )


def _passage(facts: Facts, row: Sequence[Any]) -> Passage:
    ordinal, start, end, page, headings, text = row
    return Passage(
        passage_id=f"{facts.doc_id}#{ordinal}",
        doc_id=facts.doc_id,
        ordinal=ordinal,
        start=start,
        end=end,
        text=text,
        headings=tuple(orjson.loads(headings)),
        page=page,
        title=facts.title,
        uri=facts.uri,
        collection=facts.collection,
        source=facts.source,
        media_type=facts.media_type,
        language=facts.language,
        updated_at=facts.updated_at,
        version=facts.version,
        allowed=facts.allowed,
        denied=facts.denied,
    )


def _parts(values: Sequence[Any], *, size: int = _VARIABLES) -> Iterable[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def located(database: Database, name: str, principals: frozenset[str]) -> tuple[str, ...]:
    """Give the visible documents whose uri is `name` or ends with it after a slash."""
    rows = database.rows(
        "SELECT doc_id, allowed, denied FROM document WHERE deleted = 0"
        " AND (uri = ?1 OR substr(uri, -length(?1) - 1) = '/' || ?1) ORDER BY uri",
        (name,),
    )
    return tuple(row[0] for row in rows if _visible(row[1], row[2], principals))


def versions(database: Database, collection: str, source: str) -> dict[str, int]:
    return database.pairs(
        "SELECT doc_id, version FROM document WHERE deleted = 0 AND collection = ? AND source = ?",
        (collection, source),
    )


def as_of(database: Database) -> dict[str, datetime]:
    rows = database.rows("SELECT source, max(at) FROM sync GROUP BY source")
    return {source: datetime.fromisoformat(at) for source, at in rows}


def counts(database: Database) -> tuple[int, int]:
    """Give the number of documents and of passages."""
    (documents,), (passage_count,) = (
        database.rows("SELECT count(*) FROM document WHERE deleted = 0")[0],
        database.rows("SELECT count(*) FROM passage")[0],
    )
    return documents, passage_count


def _visible(allowed: str, denied: str, principals: frozenset[str]) -> bool:
    return may_see(principals_in(allowed), principals_in(denied), principals)
