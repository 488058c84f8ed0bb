"""An S3 server of a test's own, moto's, with the bucket `share`; and a client that puts files there, as others do."""

import importlib
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from ports import START_SECONDS, free_port, wait_until_open

BUCKET = "share"


@contextmanager
def running() -> Generator[str]:
    """Give the address of a server on this machine; it takes any key."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_open(port)
        address = f"http://127.0.0.1:{port}"
        client(address).create_bucket(Bucket=BUCKET)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def client(address: str) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
    boto3 = importlib.import_module("boto3")
    keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "any")
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
