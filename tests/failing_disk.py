"""A disk that fails at a chosen moment: strace, from Debian's package, makes system calls of a process fail."""

import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CALLS = ("pwrite64", "fdatasync", "fsync")  # by which SQLite and tantivy reach the disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What fails: the n-th such call of every thread, that one alone or all from there on."""

    call: str
    error: str
    number: int
    lasting: bool

    def __str__(self) -> str:
        return f"{self.error} at {self.call} {self.number}{' and after' if self.lasting else ''}"


def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        import pytest  # noqa: PLC0415 - the ingest that this fails is measured as well, without it

        pytest.skip("no strace: scripts/install-servers")  # `make test` has run it
    return found


def failing(command: Sequence[str], fault: Fault) -> list[str]:
    """Give the command that runs `command` on such a disk."""
    when = f"{fault.number}{'+' if fault.lasting else ''}"
    return [strace(), "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", f"trace={fault.call}",
            "-e", f"inject={fault.call}:error={fault.error}:when={when}", *command]  # fmt: skip


def most_calls(command: Sequence[str], log: Path) -> Mapping[str, int]:
    """Run `command` undisturbed, and give how many calls of each kind its busiest thread makes."""
    told = [strace(), "-f", "--seccomp-bpf", "-qqq", "-o", str(log), "-e", f"trace={','.join(CALLS)}", *command]
    subprocess.run(told, check=True, stdout=subprocess.DEVNULL)
    counted = Counter(re.findall(rf"^(\d+) +({'|'.join(CALLS)})\(", log.read_text(errors="replace"), re.MULTILINE))
    return {call: max((count for (_, each), count in counted.items() if each == call), default=0) for call in CALLS}


def faults(most: Mapping[str, int], count: int, *, seed: int) -> list[Fault]:
    """Choose faults at random among all that can be."""
    chosen = random.Random(seed)  # noqa: S311 - any will do, the same ones tell the same story
    made = []
    for _ in range(count):
        call = chosen.choice([call for call, number in most.items() if number])
        full = call == "pwrite64" and chosen.random() < 0.5
        made.append(
            Fault(
                call=call,
                error="ENOSPC" if full else "EIO",
                number=chosen.randint(1, most[call]),
                lasting=full,
            )
        )
    return made
