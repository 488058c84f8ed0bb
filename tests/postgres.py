"""A PostgreSQL of a test's own, from Debian's package: made, started on a socket in a folder, stopped."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


def tool(name: str) -> str | None:
    """Give the path of one of the server's tools, which Debian keeps off the PATH."""
    if found := shutil.which(name):
        return found
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(installed[-1]) if installed else None


@contextmanager
def running() -> Generator[str]:
    """Give the address of a server; its superuser is `reader`, and asks for no password."""
    initdb, pg_ctl = tool("initdb"), tool("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("no PostgreSQL: scripts/install-servers")  # `make test` has run it
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with TemporaryDirectory(prefix="groundsel-postgres-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)

        def run(*command: str) -> None:
            subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder, timeout=120)

        run(initdb, "--pgdata", f"{name}/data", "--username", "reader", "--auth", "trust", "--no-sync",
            "--encoding", "UTF8", "--locale", "C")  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories={name} -c fsync=off"
        run(pg_ctl, "start", "--wait", "--pgdata", f"{name}/data", "--log", f"{name}/log", "--options", options)
        try:
            yield f"postgresql+psycopg://reader@/postgres?host={name}"
        finally:
            run(pg_ctl, "stop", "--wait", "--mode", "immediate", "--pgdata", f"{name}/data")
