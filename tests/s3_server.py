"""An S3 server of a test's own, moto's, with the bucket `share`; and a client that puts files there, as others do."""

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from ports import free_port, serving

BUCKET = "share"


@contextmanager
def running() -> Generator[str]:
    """Give the address of a server on this machine; it takes any key."""
    port = free_port()
    program = "from moto.server import main; main()"
    with serving([sys.executable, "-c", program, "-H", "127.0.0.1", "-p", str(port)], port):
        address = f"http://127.0.0.1:{port}"
        client(address).create_bucket(Bucket=BUCKET)
        yield address


def client(address: str) -> Any:  # noqa: ANN401 - boto3 makes its classes as it runs
    boto3 = importlib.import_module("boto3")
    keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "any")
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
