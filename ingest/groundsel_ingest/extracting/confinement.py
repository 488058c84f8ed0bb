"""What a parser may use: little memory and time, no network. A child does this to itself before it reads a byte."""

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from typing import Literal

from groundsel_ingest.extracting.syscalls import forbid_calls

MEMORY_BYTES = 512 * 1024**2  # address space; a hundred-page PDF takes 60 MB, an unpacked 50 MB spreadsheet 400
FILE_BYTES = 50 * 1024**2  # that it may write: parsers of ours write none
OPEN_FILES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one file may take, in seconds."""

    processor: int
    wall: int


USUAL = Patience(processor=20, wall=30)
PATIENT = Patience(processor=600, wall=900)  # where pictures of pages are read: one to three seconds a page

CLONE_NEWUSER = 0x10000000  # sched.h; os.unshare came with Python 3.12
CLONE_NEWNET = 0x40000000


def confine() -> Literal["none", "shared"]:
    """Limit this process for good; says which network it is left with: none, or the machine's where that is refused.

    Memory and files are limited for good, processor time and wall time anew by `begin_file`.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    apart = hasattr(libc, "unshare") and libc.unshare(flags) == 0
    return "none" if forbid_calls() or apart else "shared"


def begin_file(patience: Patience) -> None:
    """Start the clocks of one file: past either of them the system ends this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + patience.processor, resource.RLIM_INFINITY))
    signal.alarm(patience.wall)


def end_file() -> None:
    signal.alarm(0)
