"""How a word index stood when it was last brought up to date: the change it is complete up to, and its files' sums.

tantivy notes a sum of each file and compares none of them when it opens an index; of `meta.json` it has none.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import orjson

FILE_NAME: Final = "applied"
CHUNK_BYTES: Final = 1 << 20
REWRITTEN: Final = "meta.json"  # with every commit; all other files are written once, under a name of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is noted after a commit, in a file that carries its own sum."""

    change: int
    sums: Mapping[str, int]  # CRC-32 of each file, by its path in the folder

    def is_sound(self, folder: Path, last: int) -> bool:
        """Say whether all files are as they were noted.

        A run that was killed after its commit, before its note, leaves other files than noted; it had a change to take
        in, so that `last`, the last change of all documents, is beyond the one noted.
        """
        excused = self.change < last
        for name, noted in self.sums.items():
            try:
                same = sum_of(folder / name) == noted
            except FileNotFoundError:
                same = excused  # merged away
            if not same and not (excused and Path(name).name == REWRITTEN):
                return False
        return True


NOWHERE: Final = Standing(change=0, sums={})


def read(folder: Path) -> Standing:
    """Read what was noted; where nothing was, or it is damaged or of an older format, nothing is known."""
    try:
        told, _, noted = (folder / FILE_NAME).read_bytes().partition(b"\n")
        if int(told, 16) != zlib.crc32(noted):
            return NOWHERE
        return Standing(**orjson.loads(noted))
    except (FileNotFoundError, ValueError):
        return NOWHERE


def note(folder: Path, *, change: int, before: Standing) -> Standing:
    """Note that the index is complete up to `change`, as it lies there now; files that were there before are known."""
    names = sorted(
        str(file.relative_to(folder)) for file in folder.glob("*/*") if file.is_file() and file.name[0] != "."
    )
    known = {name: noted for name, noted in before.sums.items() if Path(name).name != REWRITTEN}
    sums = {name: known[name] if name in known else sum_of(folder / name) for name in names}
    noted = orjson.dumps({"change": change, "sums": sums})
    written = folder / f"{FILE_NAME}.new"
    written.write_bytes(b"%x\n%b" % (zlib.crc32(noted), noted))
    written.replace(folder / FILE_NAME)
    return Standing(change=change, sums=sums)


def sum_of(file: Path) -> int:
    total = 0
    with file.open("rb") as content:
        for chunk in iter(partial(content.read, CHUNK_BYTES), b""):
            total = zlib.crc32(chunk, total)
    return total
