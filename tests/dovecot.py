"""A Dovecot of a test's own, from Debian's package: every user has the password `secret` and an empty mailbox."""

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]
import pytest

from ports import START_SECONDS, free_port, wait_until_open

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
UNPRIVILEGED = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""


@contextmanager
def running() -> Generator[int]:
    """Give the port of a server on this machine."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        pytest.skip("no Dovecot: scripts/install-servers")  # `make test` has run it
    root = os.geteuid() == 0
    user = "nobody" if root else pwd.getpwuid(os.geteuid()).pw_name
    group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    with TemporaryDirectory(prefix="groundsel-dovecot-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "run").mkdir()
        (folder / "mail").mkdir()
        if root:
            shutil.chown(folder / "mail", user, group)
        port = free_port()
        text = CONFIGURATION + ("" if root else UNPRIVILEGED)
        (folder / "dovecot.conf").write_text(text.format(folder=name, user=user, group=group, port=port))
        process = subprocess.Popen([program, "-F", "-c", folder / "dovecot.conf"])
        try:
            wait_until_open(port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def break_connections() -> None:
    """Kill what serves those that are logged in to the servers of this process."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.name() == "imap":
                process.kill()
