"""A disk that fails at a chosen moment: `failing_disk.c`, loaded before the C library, makes writes and syncs fail.

It counts over all threads of a process, so that every write and sync has its turn; strace counts in each thread alone.
"""

import ctypes
import errno
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SOURCE = Path(__file__).with_suffix(".c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What fails: the n-th write or sync below a folder with EIO, or all from there on with ENOSPC, as a full disk."""

    number: int  # from 1; 0: nothing fails, and calls are only counted
    error: Literal["EIO", "ENOSPC"]

    def __str__(self) -> str:
        return f"{self.error} at call {self.number}{' and after' if self.error == 'ENOSPC' else ''}"


COUNTED = Fault(number=0, error="EIO")


def built(folder: Path) -> Path:
    """Compile the library into `folder`."""
    compiler = shutil.which("cc")
    if compiler is None:
        import pytest  # noqa: PLC0415 - the ingest that this fails is measured as well, without it

        pytest.skip("no C compiler: scripts/install-servers")  # `make test` has run it
    library = folder / "failing_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return library


def arm(folder: Path, fault: Fault) -> None:
    """Let this process's calls fail from now on; the library must be loaded before all others."""
    number = errno.EIO if fault.error == "EIO" else errno.ENOSPC
    ctypes.CDLL(None).fail_at(str(folder.resolve()).encode(), ctypes.c_long(fault.number), number,
                              fault.error == "ENOSPC")  # fmt: skip


def calls() -> tuple[int, int]:
    """Give how many writes and syncs this process has made since it was armed, and how many of them failed."""
    library = ctypes.CDLL(None)
    return library.calls_made(), library.calls_failed()


def every(calls: int) -> Iterator[Fault]:
    """Give a fault for each call: EIO and ENOSPC by turns."""
    for number in range(1, calls + 1):
        yield Fault(number=number, error="EIO" if number % 2 else "ENOSPC")


def some(calls: int, count: int, points: random.Random) -> list[Fault]:
    """Choose faults at random."""
    return points.sample(list(every(calls)), count)
