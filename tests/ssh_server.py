"""An OpenSSH server of a test's own, from Debian's package, for SFTP with one key: whose user is this process's."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]
import pytest

from ports import START_SECONDS, free_port, wait_until_open

CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/ours.pub
StrictModes no
PasswordAuthentication no
UsePAM no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    address: str  # sftp://user@host:port
    key: Path
    known_hosts: Path
    process: int

    def break_connections(self) -> None:
        for session in psutil.Process(self.process).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                session.kill()


@contextmanager
def running() -> Generator[Server]:
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
    if program is None:
        pytest.skip("no OpenSSH server: scripts/install-servers")  # `make test` has run it
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it goes to be without rights; the package's service makes it
    with TemporaryDirectory(prefix="groundsel-sshd-") as name:
        folder = Path(name)
        for key in ("host", "ours"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
        port = free_port()
        (folder / "sshd_config").write_text(CONFIGURATION.format(port=port, folder=name))
        kind, key, *_ = (folder / "host.pub").read_text().split()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
        process = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.DEVNULL)
        try:
            wait_until_open(port)
            yield Server(
                address=f"sftp://{getpass.getuser()}@127.0.0.1:{port}",
                key=folder / "ours",
                known_hosts=folder / "known_hosts",
                process=process.pid,
            )
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)
