"""What the ledger knows of one document."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

State = Literal["discovered", "sent", "acknowledged", "rejected", "deleted"]
GONE: Final = "gone"  # the stamp of what is attached to its mail no more, and not deleted yet
COLUMNS: Final = "native_id, doc_id, state, stamp, content, access, fingerprint, version, reason"
"""As `as_entry` takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a document was when it was last sent: once acknowledged, an equal one need not be sent again."""

    native_id: str
    doc_id: str
    state: State
    stamp: str
    content: str
    access: str
    fingerprint: str  # of a rejected document: by which it cannot be read; empty where it is worth another try
    version: int  # 0: never sent, or taken out again
    reason: str = ""  # of a rejection


def as_entry(row: Sequence[Any]) -> Entry:
    native_id, doc_id, state, stamp, content, access, fingerprint, version, reason = row
    return Entry(
        native_id=os.fsdecode(native_id),
        doc_id=doc_id,
        state=state,
        stamp=stamp,
        content=content,
        access=access,
        fingerprint=fingerprint,
        version=version,
        reason=reason,
    )
