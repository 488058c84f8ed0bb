"""Copies the databases of a store's folder while they are written; what is derived from them is made anew."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.stores.embedded import checked
from groundsel_pipelines.stores.embedded.database import BUSY_SECONDS


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
    except (OSError, apsw.Error) as error:
        raise Unavailable(f"{folder} cannot be copied to {target}: {error}") from None


def copied(database: Path, copy: Path) -> Path:
    """Copy one database, page by page with its checksums, and look whether the copy is sound."""
    with (
        closing(checked.connect(database, busy_seconds=BUSY_SECONDS, read_only=True)) as source,
        closing(checked.connect(copy, busy_seconds=BUSY_SECONDS)) as made,
    ):
        with made.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step()
        ((told,),) = made.execute("PRAGMA quick_check(1)")
    if told != "ok":
        raise apsw.CorruptError(f"{database.name}: {told}")
    return copy
