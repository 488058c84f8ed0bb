"""Places where others put files, each for real: servers of S3, SFTP, WebDAV, SMB, Google's and Azure's; a zip file."""

import shutil
import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import anyio

import azure_server
import dav_server
import gcs_server
import s3_server
import smb_server
import ssh_server
from groundsel_ingest.connector import Change, Connector, Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors import files

EVERYONE: Final = frozenset({"groundsel:public"})


class Elsewhere(Protocol):
    """A place where others put files."""

    def options(self) -> Mapping[str, object]: ...
    def write(self, path: str, text: str) -> None: ...


def write_below(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Bucket:
    address: str

    def options(self) -> Mapping[str, object]:
        return {"url": "s3://share/docs", "endpoint": self.address, "username": "key", "password": "secret"}

    def write(self, path: str, text: str) -> None:
        s3_server.client(self.address).put_object(Bucket="share", Key=f"docs/{path}", Body=text.encode())


@dataclass(frozen=True)
class Shell:
    server: ssh_server.Server
    folder: Path

    def options(self) -> Mapping[str, object]:
        server = self.server
        return {
            "url": f"{server.address}{self.folder}",
            "key_file": str(server.key),
            "known_hosts": str(server.known_hosts),
        }

    def write(self, path: str, text: str) -> None:
        write_below(self.folder, path, text)


@dataclass(frozen=True)
class Zip:
    path: Path

    def options(self) -> Mapping[str, object]:
        return {"url": f"zip://{self.path}"}

    def write(self, path: str, text: str) -> None:
        with zipfile.ZipFile(self.path, "a") as archive:
            archive.writestr(path, text)


@dataclass(frozen=True)
class Folder:
    """What a server shares that reads a folder of this machine."""

    folder: Path
    given: Mapping[str, object]

    def options(self) -> Mapping[str, object]:
        return {"password": "secret", **self.given}

    def write(self, path: str, text: str) -> None:
        write_below(self.folder, path, text)


@dataclass(frozen=True)
class GoogleBucket:
    address: str

    def options(self) -> Mapping[str, object]:
        return {"url": f"gs://{gcs_server.BUCKET}/docs", "endpoint": self.address, "storage": {"token": "anon"}}

    def write(self, path: str, text: str) -> None:
        gcs_server.put(self.address, f"docs/{path}", text)


@dataclass(frozen=True)
class Container:
    told: str

    def options(self) -> Mapping[str, object]:
        return {"url": f"abfs://{azure_server.CONTAINER}/docs", "storage": {"connection_string": self.told}}

    def write(self, path: str, text: str) -> None:
        azure_server.client(self.told).upload_blob(f"docs/{path}", text.encode(), overwrite=True)


class Servers:
    """Servers of a test run, each started when it is asked for and stopped with all others."""

    def __init__(self, running: ExitStack, folder: Path) -> None:
        self._running = running
        self._folder = folder

    @cached_property
    def bucket(self) -> str:
        return self._running.enter_context(s3_server.running())

    @cached_property
    def shell(self) -> ssh_server.Server:
        return self._running.enter_context(ssh_server.running())

    @cached_property
    def dav(self) -> Folder:
        folder = self._folder / "dav"
        folder.mkdir()
        address = self._running.enter_context(dav_server.running(folder))
        return Folder(folder, {"url": address, "username": "reader"})

    @cached_property
    def share(self) -> Folder:
        server = self._running.enter_context(smb_server.running())
        return Folder(server.folder, {"url": f"smb://127.0.0.1:{server.port}/docs", "username": server.user})

    @cached_property
    def google(self) -> str:
        return self._running.enter_context(gcs_server.running())

    @cached_property
    def azure(self) -> str:
        return self._running.enter_context(azure_server.running())


@contextmanager
def servers_in(folder: Path) -> Generator[Servers]:
    with ExitStack() as running:
        yield Servers(running, folder)


def of_zip(_: Servers, folder: Path) -> Elsewhere:
    return Zip(folder / "export.zip")


def of_shell(servers: Servers, folder: Path) -> Elsewhere:
    return Shell(servers.shell, folder)


def of_bucket(servers: Servers, _: Path) -> Elsewhere:
    client = s3_server.client(servers.bucket)
    for entry in client.list_objects_v2(Bucket="share").get("Contents", []):
        client.delete_object(Bucket="share", Key=entry["Key"])
    return Bucket(servers.bucket)


def of_dav(servers: Servers, _: Path) -> Elsewhere:
    return emptied(servers.dav)


def of_share(servers: Servers, _: Path) -> Elsewhere:
    return emptied(servers.share)


def of_google(servers: Servers, _: Path) -> Elsewhere:
    gcs_server.clear(servers.google)
    return GoogleBucket(servers.google)


def of_azure(servers: Servers, _: Path) -> Elsewhere:
    container = azure_server.client(servers.azure)
    container.delete_blobs(*container.list_blob_names())
    return Container(servers.azure)


def emptied(shared: Folder) -> Folder:
    for path in shared.folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return shared


EMPTY: Final[Mapping[str, Callable[[Servers, Path], Elsewhere]]] = {
    "s3": of_bucket,
    "sftp": of_shell,
    "zip": of_zip,
    "dav": of_dav,
    "share": of_share,
    "google": of_google,
    "azure": of_azure,
}
"""Gives an empty place of each kind; the folder is a test's own."""


def connect(options: Mapping[str, object], **more: object) -> Connector:
    return files.create(Source(name="share", principals=EVERYONE, options={**options, **more}))


def changes(connector: Connector) -> list[Change]:
    async def collect() -> list[Change]:
        return [change async for change, _ in connector.changes(None)]

    return anyio.run(collect)


def items(connector: Connector) -> dict[str, Item]:
    found = changes(connector)
    assert found[-1] == ListingEnd()
    return {change.item.native_id: change.item for change in found if isinstance(change, Upsert)}
