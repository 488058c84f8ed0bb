"""Documents, their passages, and those with their vectors: what goes into a store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Unit-length float32 rows, shape (texts, dimensions); one query is shape (1, dimensions)."""

PUBLIC: Final = "groundsel:public"
"""The principal of documents that anyone may read. An asker holds it once let in; nobody holds it by default."""

BlockKind = Literal["heading", "paragraph", "list", "table", "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A structural piece of a document's text, `text[start:end]`; blocks are in order and do not overlap."""

    kind: BlockKind
    start: int  # code points into Document.text
    end: int
    level: int = 0  # of a heading, from 1
    page: int | None = None  # from 1, where the format has pages (pdf, pptx, xlsx sheets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a connector yields once parsed: the whole text, its structure and who may read it."""

    doc_id: str  # collection/<hash of source and native id>: stable for as long as the source names it so
    collection: str
    source: str  # the configured source it came from, as shown to people: "files"
    uri: str
    title: str
    text: str
    media_type: str  # the short word shown as a facet: "pdf", "md", "eml"
    language: str  # ISO 639-1, or "und"
    version: int  # per-source counter, never a clock (rule R1)
    updated_at: datetime | None  # timezone-aware
    allowed: frozenset[str]  # principals; empty means nobody
    denied: frozenset[str] = frozenset()  # wins over allowed
    blocks: tuple[Block, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document, `document.text[start:end] == text`; carries what a result shows of its document."""

    passage_id: str  # doc_id#ordinal
    doc_id: str
    ordinal: int  # from 0, in reading order
    start: int  # code points into Document.text
    end: int
    text: str
    headings: tuple[str, ...]  # the path to it, outermost first
    page: int | None
    title: str
    uri: str
    collection: str
    source: str
    media_type: str
    language: str
    updated_at: datetime | None
    version: int
    allowed: frozenset[str]
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedDocument:
    """A document with its passages and their vectors: what a store takes, whole."""

    document: Document
    passages: tuple[Passage, ...]
    vectors: Vectors  # shape (len(passages), dimensions)
