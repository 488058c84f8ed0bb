"""A WebDAV server of a test's own, WsgiDAV, over a folder: for `reader`, whose password is `secret` by default."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ports import free_port, serving

PROGRAM = "from wsgidav.server.server_cli import run; run()"


@contextmanager
def running(folder: Path, *, port: int = 0, word: str = "secret") -> Generator[str]:
    """Give the address of a server on this machine that serves `folder`."""
    port = port or free_port()
    configuration = {
        "host": "127.0.0.1",
        "port": port,
        "server": "wsgiref",
        "provider_mapping": {"/": str(folder)},
        "simple_dc": {"user_mapping": {"*": {"reader": {"password": word}}}},
        "verbose": 0,
    }
    with TemporaryDirectory(prefix="groundsel-dav-") as name:
        file = Path(name) / "wsgidav.json"
        file.write_text(json.dumps(configuration))
        with serving([sys.executable, "-c", PROGRAM, "--config", file], port):
            yield f"webdav://127.0.0.1:{port}"
