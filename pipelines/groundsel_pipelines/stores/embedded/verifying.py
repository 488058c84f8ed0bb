"""Reads a store's folder to its last page, and says of each part whether it is as it was written."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import apsw

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.stores.embedded import checked, standing
from groundsel_pipelines.stores.embedded.database import BUSY_SECONDS

CACHE = "vectors.db"  # of the embedder: its values carry sums of their own, compared when they are used

State = Literal["sound", "sound, but without checksums", "damaged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    name: str  # of a file, or of the word index
    state: State
    detail: str = ""


def verify(folder: Path) -> Iterator[Verdict]:
    """Look at every database in `folder`, then at the word index.

    Raises:
        InvalidInput: there is none.
        Unavailable: one of them cannot be read.

    """
    databases = sorted(file for file in folder.glob("*.db") if file.name != CACHE)
    if not databases:
        raise InvalidInput(f"there is no index in {folder}; nothing was read")
    for database in databases:
        try:
            detail = of_database(database)
        except (OSError, apsw.Error) as error:
            if not isinstance(error, apsw.Error) or checked.failure(error) != "damaged":
                what = f"{database} cannot be read ({error}); check the disk and the folder's rights"
                raise Unavailable(what) from None
            detail = checked.told(error)
        sound: State = "sound" if detail or checked.has_checksums(database) else "sound, but without checksums"
        yield Verdict(name=database.name, state="damaged" if detail else sound, detail=detail)
    if (folder / "lexical").is_dir():
        noted = standing.read(folder / "lexical")
        whole = noted != standing.NOWHERE and noted.is_sound(folder / "lexical", noted.change)
        yield Verdict(name="lexical", state="sound" if whole else "damaged")


def of_database(database: Path) -> str:
    """Read every page of a database; gives what is wrong with it, "" where nothing is."""
    with closing(checked.connect(database, busy_seconds=BUSY_SECONDS, read_only=True)) as connection:
        ((told,),) = connection.execute("PRAGMA integrity_check(1)")
    return "" if told == "ok" else str(told).partition("\n")[2]  # under a line that names the database
