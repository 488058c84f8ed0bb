"""An SMB server of a test's own, Debian's Samba, with the share `docs`: its only user is this process's."""

import getpass
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ports import START_SECONDS, free_port, wait_until_open

CONFIGURATION = """
[global]
  interfaces = 127.0.0.1
  bind interfaces only = yes
  smb ports = {port}
  private dir = {folder}/private
  state directory = {folder}
  cache directory = {folder}
  lock directory = {folder}
  pid directory = {folder}
  ncalrpc dir = {folder}/ncalrpc
  passdb backend = tdbsam
  log file = {folder}/log
  disable spoolss = yes
  load printers = no
[docs]
  path = {folder}/docs
  read only = no
"""
PASSWORD = "secret"  # noqa: S105 - of nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    port: int
    user: str
    folder: Path  # what the share holds


@contextmanager
def running() -> Generator[Server]:
    program = shutil.which("smbd") or shutil.which("smbd", path="/usr/sbin")
    passwords = shutil.which("pdbedit")
    if program is None or passwords is None:
        pytest.skip("no Samba: scripts/install-servers")  # `make test` has run it
    with TemporaryDirectory(prefix="groundsel-smb-") as name:
        folder, user, port = Path(name), getpass.getuser(), free_port()
        for below in ("private", "docs", "ncalrpc"):
            (folder / below).mkdir()
        file = folder / "smb.conf"
        file.write_text(CONFIGURATION.format(folder=name, port=port))
        subprocess.run([passwords, "-s", file, "-a", "-t", "-u", user], input=f"{PASSWORD}\n{PASSWORD}\n", text=True,
                       check=True, capture_output=True)  # fmt: skip
        process = subprocess.Popen([program, "--foreground", "-s", file],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip
        try:
            wait_until_open(port)
            yield Server(port=port, user=user, folder=folder / "docs")
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)
