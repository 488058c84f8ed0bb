"""Splits rows by document, never by question, and keeps near-duplicates of what measures out of what trains."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Generic, TypeVar

from groundsel_pipelines.tuning.rows import AnswerRow, ReaderRow, RewriteRow, Row, SummariseRow, VerifierRow

WORD: Final = re.compile(r"\w+")
RUN: Final = 8  # words: shorter runs are common phrases
SHARED: Final = 0.2  # of a text's runs; beyond it two texts are the same one edited

Kind = TypeVar("Kind", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Generic[Kind]):
    train: tuple[Kind, ...]
    held_out: tuple[Kind, ...]
    near_duplicates: int  # of held-out texts, taken out of `train`


def split(rows: Sequence[Kind], *, share: float, seed: int) -> Split[Kind]:
    """Hold out about `share` of the documents, chosen by the hash of their name and `seed`: the same for ever."""
    held_out = tuple(row for row in rows if _place(row.document, seed) < share)
    others = [row for row in rows if _place(row.document, seed) >= share]
    known = frozenset(run for row in held_out for run in runs(text_of(row)))
    train = tuple(row for row in others if not _repeats(text_of(row), known))
    return Split(train=train, held_out=held_out, near_duplicates=len(others) - len(train))


def text_of(row: Row) -> str:
    """Give the text of the document that a row stands on."""
    if isinstance(row, ReaderRow):
        return row.passage
    if isinstance(row, AnswerRow | SummariseRow):
        return " ".join(row.evidence)
    if isinstance(row, RewriteRow):
        return row.rewritten
    return row.evidence if isinstance(row, VerifierRow) else row.positive


def runs(text: str) -> list[int]:
    """Give the hashes of all runs of eight words; a shorter text is one run."""
    words = WORD.findall(text.lower())
    starts = range(max(1, len(words) - RUN + 1))
    return [_hash(" ".join(words[start : start + RUN])) for start in starts]


def _repeats(text: str, known: frozenset[int]) -> bool:
    own = runs(text)
    return sum(run in known for run in own) > SHARED * len(own)


def _place(document: str, seed: int) -> float:
    """Give a document's place between 0 and 1."""
    return _hash(f"{seed} {document}") / 2**64


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def shuffled(rows: Iterable[Kind], seed: int) -> list[Kind]:
    """Order rows by the hash of their id and `seed`: adding a source does not move the others about."""
    return sorted(rows, key=lambda row: _hash(f"{seed} {row.id}"))
