"""Forbids a process the system calls that reach beyond it: new sockets, other programs, other processes (seccomp)."""

import ctypes
import errno
import platform
import struct
from typing import Final

PR_SET_SECCOMP = 22  # linux/prctl.h
PR_SET_NO_NEW_PRIVS = 38
MODE_FILTER = 2  # linux/seccomp.h
KILL = 0x80000000
FAIL = 0x00050000 | errno.EPERM
ALLOW = 0x7FFF0000
LOAD, EQUAL, AT_LEAST, GIVE = 0x20, 0x15, 0x35, 0x06  # linux/bpf_common.h: a word, two comparisons, the verdict
CALL_NUMBER, ARCHITECTURE = 0, 4  # where they stand in struct seccomp_data
OTHER_NUMBERING = 0x40000000  # x32's calls on x86-64; no call elsewhere is as high
INSTRUCTION = struct.Struct("=HBBI")

FORBIDDEN: Final = {  # linux/audit.h: the architecture's number; its calls' numbers
    # socket, execve, kill, ptrace, process_vm_readv and _writev, execveat, io_uring_setup (sockets without the call)
    "x86_64": (0xC000003E, (41, 59, 62, 101, 310, 311, 322, 425)),
    "aarch64": (0xC00000B7, (198, 221, 129, 117, 270, 271, 281, 425)),
}


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def program(architecture: int, forbidden: tuple[int, ...]) -> bytes:
    """Write the filter: another architecture's calls kill, forbidden ones fail as not permitted, all others pass."""
    count = len(forbidden)
    instructions = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (GIVE, 0, 0, KILL),
        (LOAD, 0, 0, CALL_NUMBER),
        (AT_LEAST, count + 1, 0, OTHER_NUMBERING),
        *((EQUAL, count - place, 0, call) for place, call in enumerate(forbidden)),
        (GIVE, 0, 0, ALLOW),
        (GIVE, 0, 0, FAIL),
    ]
    return b"".join(INSTRUCTION.pack(*instruction) for instruction in instructions)


def forbid_calls() -> bool:
    """Forbid them to this process and its children for good; says whether the system does so."""
    if platform.system() != "Linux" or platform.machine() not in FORBIDDEN:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    code = program(*FORBIDDEN[platform.machine()])
    made = Program(length=len(code) // INSTRUCTION.size, filter=code)
    alone: int = libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return alone == 0 and int(libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(made), 0, 0)) == 0
