"""Servers that tests start: a port that is free, and a process that runs while somebody listens there."""

import socket
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_until_open(port: int) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing listens on port {port}")


@contextmanager
def serving(command: Sequence[str | Path], port: int) -> Generator[None]:
    """Run a server that listens on `port` for as long as it is used; what it says is of no interest."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_open(port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)
