"""One parsing child, from the parent's side."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import BinaryIO, Final

from pydantic import ValidationError

from groundsel_ingest.extracting.confinement import PATIENT, USUAL, Patience
from groundsel_ingest.extracting.parsed import (
    ANSWER,
    HELLO,
    REQUEST,
    Attachment,
    ParsedDocument,
    Refusal,
    Request,
    Written,
    well_formed,
)
from groundsel_ingest.extracting.wire import receive, send
from groundsel_pipelines.errors import GroundselError, Rejected

CHILD: Final = (sys.executable, "-I", "-m", "groundsel_ingest.extracting.child")
GRACE_SECONDS = 2  # beyond the child's own alarm
START_SECONDS = 30  # Python and pydantic take 0.3 s; a machine that swaps takes longer


class Crashed(GroundselError):
    """The child died of the file, or said something that is no answer."""


class ParserProcess:
    """A child that parses files one at a time, in its own process group and folder, with an empty environment."""

    def __init__(self, command: Sequence[str] = CHILD) -> None:
        ours, theirs = socket.socketpair()
        self._folder = tempfile.mkdtemp(prefix="groundsel-parser-")
        self._channel = ours
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                # one thread: others of its kind work beside it
                env={"LANG": "C.UTF-8", "TMPDIR": self._folder, "OMP_THREAD_LIMIT": "1"},
                start_new_session=True,
            )
        self.files = 0  # parsed so far
        self.usual = USUAL
        try:
            self.network = HELLO.validate_json(receive(ours, seconds=START_SECONDS)[0]).network
        except (EOFError, OSError, ValidationError) as error:
            self.kill()
            raise Crashed("the parser process does not start") from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def parse(self, file: BinaryIO, *, media_type: str, name: str, ocr: str = "") -> ParsedDocument:
        """Parse an open file; called in a worker thread.

        Raises:
            Rejected: it has no text for us; the child goes on.
            Crashed: the child is dead, or killed for taking too long: it can only be replaced.

        """
        answer = self._ask(Request(media_type=media_type, name=name, ocr=ocr), file)
        if not isinstance(answer, ParsedDocument) or not well_formed(answer):
            self.kill()
            raise Crashed("the parser's answer makes no sense")
        return answer

    def take_out(self, mail: BinaryIO, attachment: Attachment, target: BinaryIO) -> None:
        """Write an attachment of an open mail into `target`, an open file; called in a worker thread.

        Raises:
            Rejected: it cannot be taken out; the child goes on.
            Crashed: as above.

        """
        target.seek(0)
        target.truncate()  # of what a child wrote that died
        self._ask(Request(media_type="", name="", attachment=attachment), mail, target)

    def _ask(self, request: Request, *files: BinaryIO) -> ParsedDocument | Written:
        self.files += 1
        patience = PATIENT if request.ocr else self.usual
        files[0].seek(0)
        try:
            send(self._channel, REQUEST.dump_json(request), descriptors=tuple(file.fileno() for file in files))
            answer = ANSWER.validate_json(receive(self._channel, seconds=patience.wall + GRACE_SECONDS)[0])
        except TimeoutError as error:
            self.kill()
            raise Rejected(f"it takes more than {patience.wall} s to read") from error
        except (EOFError, OSError, ValidationError) as error:
            self.kill()
            raise self._cause_of_death(patience) from error
        if isinstance(answer, Refusal):
            raise Rejected(answer.reason)
        return answer

    def _cause_of_death(self, patience: Patience) -> GroundselError:
        match -self._process.wait():
            case signal.SIGALRM:
                return Rejected(f"it takes more than {patience.wall} s to read")
            case signal.SIGXCPU:
                return Rejected(f"it takes more than {patience.processor} s of processor time to read")
            case status:
                return Crashed(f"the parser died of it (status {-status})")

    def kill(self) -> None:
        """End the child and all that it may have started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # also when the child is dead: its own children may not be
        self._process.wait()
        self._channel.close()
        shutil.rmtree(self._folder, ignore_errors=True)
