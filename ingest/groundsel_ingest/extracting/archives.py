"""Looks at a zip archive before anything opens it: bombs and odd archives are refused."""

import zipfile
from typing import BinaryIO

from groundsel_pipelines.errors import Rejected

MOST_ENTRIES = 10_000
MOST_BYTES = 500_000_000  # all entries unpacked, as the archive declares them; the memory limit holds if it lies
MOST_RATIO = 100  # unpacked to packed, of one entry above `SMALL_BYTES`: office XML packs about 10 to 1
SMALL_BYTES = 5_000_000  # a repetitive small part may pack better and cannot hurt
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # what an encrypted office file is wrapped in


def check_archive(file: BinaryIO) -> None:
    """Read only the directory of the zip `file`, leaving its position at the start.

    Raises:
        Rejected: it is locked, no zip at all, or would unpack to too much.

    """
    start = file.read(len(OLE))
    file.seek(0)
    if start == OLE:
        raise Rejected("it is protected by a password")
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Rejected("it is damaged: not a readable zip archive") from error
    file.seek(0)
    if len(entries) > MOST_ENTRIES:
        raise Rejected(f"it holds {len(entries):,} parts, more than {MOST_ENTRIES:,}")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_BYTES:
        raise Rejected(f"it unpacks to {unpacked:,} bytes, more than {MOST_BYTES:,}")
    for entry in entries:
        if entry.file_size > max(SMALL_BYTES, MOST_RATIO * entry.compress_size):
            raise Rejected(f"a part of it unpacks to more than {MOST_RATIO} times its size")
        if entry.flag_bits & 1:
            raise Rejected("it is protected by a password")
