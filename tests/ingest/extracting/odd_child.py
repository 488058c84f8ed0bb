"""A parsing child in whose hands every file goes wrong, as the file says: everything else about it is real."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from groundsel_ingest.extracting import child, confinement
from groundsel_ingest.extracting.parsed import ParsedDocument
from groundsel_pipelines.types import Block

LARGER_THAN_MEMORY = 1024**3


def calculate_for_ever() -> None:
    signal.alarm(60)  # on a busy machine the wall's clock would be first
    while True:
        pass


def wait_for_ever() -> None:
    time.sleep(3600)


def be_deaf() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(3600)


def eat_memory() -> None:
    bytearray(LARGER_THAN_MEMORY)


def fill_the_disk() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    Path("large").write_bytes(bytes(confinement.FILE_BYTES + 1))


def call_home() -> None:
    socket.create_connection(("127.0.0.1", 9))


def start_a_program() -> None:
    subprocess.run(["true"], check=True)


def kill_the_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def be_good() -> None:
    pass


DEEDS: dict[str, Callable[[], None]] = {
    "calculate for ever": calculate_for_ever,
    "wait for ever": wait_for_ever,
    "be deaf": be_deaf,
    "eat memory": eat_memory,
    "fill the disk": fill_the_disk,
    "die": os.abort,
    "call home": call_home,
    "start a program": start_a_program,
    "kill the parent": kill_the_parent,
}


def go_wrong(file: BinaryIO, /, *, media_type: str, name: str, ocr: str = "") -> ParsedDocument:  # noqa: ARG001 - as the protocol says
    deed = file.read().decode()
    DEEDS.get(deed, be_good)()
    text = "x" * 60_000_000 if deed == "say too much" else media_type
    blocks = (Block(kind="paragraph", start=5, end=9),) if deed == "lie" else ()
    return ParsedDocument(title=name, text=text, blocks=blocks)


if __name__ == "__main__":
    setattr(child, "USUAL", confinement.Patience(processor=1, wall=2))  # noqa: B010 - that module only imports it
    child.main(go_wrong)
