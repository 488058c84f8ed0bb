"""A process that has imported all that an ingest needs, and forks another for each task: none waits for imports.

Run as a script, it is that process.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn

import anyio
from anyio import to_thread

import failing_disk
from crashing import digest, ingest, ranked, write_documents
from groundsel_ingest.extracting.parsed import ParsedDocument
from groundsel_ingest.extracting.parsing import parse_file
from groundsel_ingest.extracting.pool import ParserPool
from groundsel_pipelines.errors import GroundselError

MOST_SECONDS = 300  # that a task may take
MOST_SECONDS_OF_THREADS = 30  # that the store's own may take to end

Task = Literal["ingest", "digest", "reading"]
End = Literal["completed", "with a sentence", "killed", "otherwise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a new process is to do, and what is done to it meanwhile."""

    task: Task
    index: str
    documents: str = ""  # to be ingested
    markers: int = 0  # to be searched for
    kill_after: float | None = None  # seconds of its work
    fault: failing_disk.Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of it."""

    how: End
    said: str = ""  # its result, or its error
    seconds: float = 0  # of its work
    calls: int = 0  # writes and syncs of the index, and how many of them failed; counted where there is a fault
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Nursery:
    """Starts processes, one at a time."""

    _process: subprocess.Popen[str]

    def run(self, order: Order) -> Ended:
        orders, answers = self._process.stdin, self._process.stdout
        if orders is None or answers is None:
            raise AssertionError("it was opened without pipes")
        orders.write(json.dumps(asdict(order)) + "\n")
        orders.flush()
        return Ended(**json.loads(answers.readline()))


@contextmanager
def nursery(disk: Path | None = None) -> Generator[Nursery]:
    """Open a nursery; `disk` is the library of a disk that can be made to fail."""
    alone = ["OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"]  # threads of theirs never end: nothing could be forked
    command = ["env", *alone, *([f"LD_PRELOAD={disk}"] if disk else []), sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)


# ------------------------------------------------------------ in the nursery


def serve() -> None:
    warm_up()
    gc.freeze()  # what was loaded is shared with all that are forked
    for line in sys.stdin:
        print(json.dumps(asdict(performed(order_of(json.loads(line))))), flush=True)  # noqa: T201 - the answer


def warm_up() -> None:
    """Ingest and search once, so that all is loaded; a process may be forked once it has no other thread."""
    with tempfile.TemporaryDirectory(prefix="groundsel-nursery-") as home, Path(os.devnull).open("w") as nothing:
        documents, index = Path(home) / "documents", Path(home) / "index"
        documents.mkdir()
        write_documents(documents, 1)
        with redirect_stdout(nothing):
            anyio.run(ingest, documents, index, Unconfined())
        digest(index, markers=range(1))
    gc.collect()
    ends_at = time.monotonic() + MOST_SECONDS_OF_THREADS
    while len([*Path("/proc/self/task").iterdir()]) > 1:  # the store's own threads end a moment later
        if time.monotonic() > ends_at:
            raise AssertionError("a thread does not end: what is forked now could wait for it for ever")
        time.sleep(0.01)


def order_of(fields: dict[str, Any]) -> Order:
    fault = fields.pop("fault")
    return Order(**fields, fault=failing_disk.Fault(**fault) if fault else None)


def performed(order: Order) -> Ended:
    """Do it in a new process; that one's last line is how it ended, if it comes to it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        perform(order, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = [told.readline()]  # of an ingest: that it has started
        started = time.monotonic()
        if order.kill_after is not None:
            time.sleep(order.kill_after)
            os.kill(child, signal.SIGKILL)
        lines += told
    seconds = time.monotonic() - started
    _, status = os.waitpid(child, 0)
    if status == signal.SIGKILL:
        return Ended(how="killed", seconds=seconds)
    if status:
        return Ended(how="otherwise", said=f"ended with {os.waitstatus_to_exitcode(status)}", seconds=seconds)
    return replace(Ended(**json.loads(lines[-1])), seconds=seconds)


def perform(order: Order, writing: int) -> NoReturn:
    """Do it in this process, of which it is the end."""
    signal.alarm(MOST_SECONDS)
    os.dup2(writing, sys.stdout.fileno())
    if order.fault:
        failing_disk.arm(Path(order.index), order.fault)
    try:
        ended = Ended(how="completed", said=result(order))
    except (GroundselError, SystemExit) as error:
        ended = Ended(how="with a sentence", said=str(error))
    except BaseException:  # noqa: BLE001 - told, whatever it is
        ended = Ended(how="otherwise", said=traceback.format_exc())
    if order.fault:
        made, failed = failing_disk.calls()
        ended = replace(ended, calls=made, failed=failed)
    print(json.dumps(asdict(ended)), flush=True)  # noqa: T201 - to the process that has forked this one
    os._exit(0)


def result(order: Order) -> str:
    index, markers = Path(order.index), range(order.markers)
    match order.task:
        case "ingest":
            anyio.run(ingest, Path(order.documents), index, Unconfined())
            return ""
        case "digest":
            return digest(index, markers=markers)
        case "reading":
            return f"{digest(index, markers=markers)} {zlib.crc32(str(anyio.run(ranked, index, markers)).encode())}"


class Unconfined(ParserPool):
    """Parses in the ingest's own process: a confined child touches no index, and takes half of an ingest's time."""

    def __init__(self) -> None:
        super().__init__(1, ())

    async def parse(self, file: BinaryIO, *, media_type: str, name: str, ocr: str = "") -> ParsedDocument:
        file.seek(0)
        return await to_thread.run_sync(lambda: parse_file(file, media_type=media_type, name=name, ocr=ocr))


if __name__ == "__main__":
    serve()
