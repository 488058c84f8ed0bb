"""A WebDAV server of a test's own, WsgiDAV, over a folder: its user is `reader` with the password `secret`."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ports import START_SECONDS, free_port, wait_until_open

PROGRAM = "from wsgidav.server.server_cli import run; run()"


@contextmanager
def running(folder: Path) -> Generator[str]:
    """Give the address of a server on this machine that serves `folder`."""
    port = free_port()
    configuration = {
        "host": "127.0.0.1",
        "port": port,
        "server": "wsgiref",
        "provider_mapping": {"/": str(folder)},
        "simple_dc": {"user_mapping": {"*": {"reader": {"password": "secret"}}}},
        "verbose": 0,
    }
    with TemporaryDirectory(prefix="groundsel-dav-") as name:
        file = Path(name) / "wsgidav.json"
        file.write_text(json.dumps(configuration))
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, "--config", file], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            wait_until_open(port)
            yield f"webdav://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)
