"""A server of Google's storage API of a test's own, with the bucket `share`; and what puts objects there."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import quote

import httpx

from ports import free_port, serving

BUCKET = "share"
PROGRAM = "from gcp_storage_emulator.__main__ import main; main()"


@contextmanager
def running() -> Generator[str]:
    """Give the address of a server on this machine; it asks nobody for a token."""
    port = free_port()
    options = [
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--in-memory",
        "--quiet",
        "--default-bucket",
        BUCKET,
    ]
    with serving([sys.executable, "-c", PROGRAM, *options], port):
        yield f"http://127.0.0.1:{port}"


def put(address: str, name: str, text: str) -> None:
    place = f"{address}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={quote(name, safe='')}"
    httpx.post(place, content=text.encode(), headers={"Content-Type": "text/plain"}).raise_for_status()


def clear(address: str) -> None:
    for each in httpx.get(f"{address}/storage/v1/b/{BUCKET}/o").json().get("items", []):
        httpx.delete(f"{address}/storage/v1/b/{BUCKET}/o/{quote(each['name'], safe='')}").raise_for_status()
