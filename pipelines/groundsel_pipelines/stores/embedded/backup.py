"""Copies the databases of a store's folder while they are written; what is derived from them is made anew."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from groundsel_pipelines.errors import InvalidInput, Unavailable


def back_up(folder: Path, target: Path) -> Sequence[Path]:
    """Copy every database in `folder` (documents, ledger, vectors) into `target`, each as it is at one moment.

    They need not be of the same moment: a sync compares ledger and documents, and sends again what differs.

    Raises:
        InvalidInput: there is nothing to copy, or something lies in `target`.
        Unavailable: it cannot be read or written, or a copy is not sound.

    """
    databases = sorted(folder.glob("*.db"))
    if not databases:
        raise InvalidInput(f"there is no index in {folder}; nothing was copied")
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(target.iterdir()):
            raise InvalidInput(f"{target} is not empty; name another folder")
        return [copied(database, target / database.name) for database in databases]
    except (OSError, sqlite3.DatabaseError) as error:
        raise Unavailable(f"{folder} cannot be copied to {target}: {error}") from None


def copied(database: Path, copy: Path) -> Path:
    """Copy one database, and look whether the copy is sound."""
    with (
        closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as made,
    ):
        source.backup(made)
        (told,) = made.execute("PRAGMA quick_check(1)").fetchone()
    if told != "ok":
        raise sqlite3.DatabaseError(f"{database.name} is damaged ({told})")
    return copy
