"""Files elsewhere, each place for real: servers of S3, SFTP, WebDAV, SMB, Google's and Azure's storage; a zip file."""

import shutil
import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest

import azure_server
import dav_server
import gcs_server
import s3_server
import smb_server
import ssh_server
from groundsel_ingest import reading
from groundsel_ingest.connector import Change, Connector, Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors import files, listing
from groundsel_ingest.connectors.remote_files import RemoteFiles
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable, UnknownName

EVERYONE = frozenset({"groundsel:public"})
TREE = {
    "leave.md": "Twenty days.",
    "hr/pay é.md": "On the 25th.",
    "hr/old/2019.txt": "On the 28th.",
    "hr/.hidden.md": "Hidden.",
    ".git/config": "Hidden.",
}


class Elsewhere(Protocol):
    """A place where others put files."""

    def options(self) -> Mapping[str, object]: ...
    def write(self, path: str, text: str) -> None: ...


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
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")


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
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")


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


@pytest.fixture(scope="module")
def dav(tmp_path_factory: pytest.TempPathFactory) -> Generator[Folder]:
    folder = tmp_path_factory.mktemp("dav")
    with dav_server.running(folder) as address:
        yield Folder(folder, {"url": address, "username": "reader"})


@pytest.fixture(scope="module")
def share() -> Generator[Folder]:
    with smb_server.running() as server:
        yield Folder(server.folder, {"url": f"smb://127.0.0.1:{server.port}/docs", "username": server.user})


@pytest.fixture(scope="module")
def google() -> Generator[str]:
    with gcs_server.running() as address:
        yield address


@pytest.fixture(scope="module")
def azure() -> Generator[str]:
    with azure_server.running() as told:
        yield told


@pytest.fixture(scope="module")
def bucket() -> Generator[str]:
    with s3_server.running() as address:
        yield address


@pytest.fixture(scope="module")
def shell() -> Generator[ssh_server.Server]:
    with ssh_server.running() as server:
        yield server


@pytest.fixture(params=["s3", "sftp", "zip", "dav", "share", "google", "azure"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Elsewhere:
    """Give an empty place of each kind."""
    if request.param == "zip":
        return Zip(tmp_path / "export.zip")
    if request.param == "sftp":
        return Shell(request.getfixturevalue("shell"), tmp_path)
    if request.param in {"dav", "share"}:
        shared: Folder = request.getfixturevalue(request.param)
        for path in shared.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return shared
    if request.param == "google":
        gcs_server.clear(request.getfixturevalue("google"))
        return GoogleBucket(request.getfixturevalue("google"))
    if request.param == "azure":
        container = azure_server.client(request.getfixturevalue("azure"))
        container.delete_blobs(*container.list_blob_names())
        return Container(request.getfixturevalue("azure"))
    address = request.getfixturevalue("bucket")
    client = s3_server.client(address)
    for entry in client.list_objects_v2(Bucket="share").get("Contents", []):
        client.delete_object(Bucket="share", Key=entry["Key"])
    return Bucket(address)


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


def test_all_files_are_listed_with_their_dates_and_read(elsewhere: Elsewhere) -> None:
    for path, text in TREE.items():
        elsewhere.write(path, text)

    with closing(connect(elsewhere.options())) as connector:
        found = items(connector)

        assert set(found) == {"leave.md", "hr/pay é.md", "hr/old/2019.txt"}
        for path, item in found.items():
            assert item.modified_at is not None
            with reading.copy(connector, item).file as file:
                file.seek(0)
                assert file.read().decode() == TREE[path]
        assert found["hr/pay é.md"].uri == f"{connector.place}/hr/pay%20%C3%A9.md"


def test_what_has_not_changed_keeps_its_stamp_and_what_has_does_not(elsewhere: Elsewhere) -> None:
    if isinstance(elsewhere, Zip):
        pytest.skip("a zip file is written anew as a whole")
    elsewhere.write("a.md", "One.")
    elsewhere.write("b.md", "One.")
    with closing(connect(elsewhere.options())) as connector:
        before = items(connector)
    elsewhere.write("b.md", "Two, as of today.")
    with closing(connect(elsewhere.options())) as connector:
        after = items(connector)

    assert before["a.md"].stamp == after["a.md"].stamp
    assert before["b.md"].stamp != after["b.md"].stamp


def test_patterns_and_the_largest_size_say_what_is_taken(elsewhere: Elsewhere) -> None:
    for path, text in TREE.items():
        elsewhere.write(path, text)
    elsewhere.write("long.md", "x" * 5000)

    with closing(connect(elsewhere.options(), include=["*.md"], exclude=["hr/"], largest="4KiB")) as connector:
        found = items(connector)
        assert set(found) == {"leave.md", "long.md"}
        with pytest.raises(Rejected, match="larger than"):
            connector.open(found["long.md"])
        with connector.open(found["leave.md"]) as file:
            assert file.read() == b"Twenty days."


def test_the_rules_of_an_access_file_hold_there_as_well(elsewhere: Elsewhere) -> None:
    elsewhere.write("a.md", "A")
    elsewhere.write("board/b.md", "B")
    elsewhere.write("access.toml", '[[rule]]\nfiles = ["board/**"]\nallowed = ["group:board"]\n')

    with closing(connect(elsewhere.options())) as connector:
        found = items(connector)
        assert connector.ruled
        assert found["a.md"].allowed == EVERYONE
        assert found["board/b.md"].allowed == {"group:board"}


def test_a_file_that_is_gone_since_it_was_listed_is_rejected(elsewhere: Elsewhere) -> None:
    elsewhere.write("a.md", "A")
    with closing(connect(elsewhere.options())) as connector:
        (item,) = items(connector).values()
        with pytest.raises(Rejected, match="gone"):
            connector.open(Item(native_id="b.md", name="b.md", uri="", stamp="", modified_at=None, allowed=EVERYONE))
        assert connector.open(item).read() == b"A"


# ---------------------------------------------------------------- what each place does in its own way


def test_a_folder_of_a_bucket_is_listed_a_page_at_a_time(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    written = {f"{number}.md" for number in range(7)} | {"below/a.md", "below/b.md"}
    for path in written:
        s3_server.client(bucket).put_object(Bucket="share", Key=f"many/{path}", Body=b"Text.")
    with closing(connect({**Bucket(bucket).options(), "url": "s3://share/many"})) as connector:
        assert set(items(connector)) == written


def test_a_bucket_or_folder_that_is_not_there_is_named(elsewhere: Elsewhere) -> None:
    elsewhere.write("a.md", "A")
    options = elsewhere.options()
    url = str(options["url"])
    for place in {url.replace("/export.zip", "/nowhere.zip") if "zip" in url else f"{url}/nowhere",
                  url.replace("://share", "://nowhere")} - {url}:  # fmt: skip
        with pytest.raises(InvalidInput, match="nowhere"), closing(connect(options, url=place)) as connector:
            changes(connector)


def test_a_server_that_does_not_answer_is_unavailable_and_one_that_is_not_known_is_not_spoken_to(
    shell: ssh_server.Server, tmp_path: Path
) -> None:
    options = Shell(shell, tmp_path).options()
    (tmp_path / "nobody").touch()
    for place in ({**options, "url": "sftp://127.0.0.1:1/x"}, {**options, "known_hosts": str(tmp_path / "nobody")}):
        with pytest.raises(Unavailable, match="does not answer"):
            connect(place)


@pytest.mark.parametrize(("place", "wrong"), [("dav", {"password": "mistyped"}), ("share", {"username": "nobody"})])
def test_a_user_that_the_server_does_not_let_in_is_a_mistake_of_the_configuration(
    request: pytest.FixtureRequest, place: str, wrong: dict[str, str]
) -> None:
    shared: Folder = request.getfixturevalue(place)
    with pytest.raises(InvalidInput, match="does not let us in") as told:
        connect(shared.options(), **wrong)
    assert "mistyped" not in str(told.value)


def test_a_key_that_the_server_does_not_take_is_a_mistake_of_the_configuration(
    shell: ssh_server.Server, tmp_path: Path
) -> None:
    options = Shell(shell, tmp_path).options()
    with pytest.raises(InvalidInput, match="does not let us in"):
        connect({**options, "key_file": str(shell.key.parent / "host")})


def test_links_of_a_server_are_not_followed_and_a_locked_folder_is_said(
    shell: ssh_server.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Shell(shell, tmp_path / "in")
    place.write("a.md", "A")
    place.write("locked/b.md", "B")
    (tmp_path / "in/loop").symlink_to(tmp_path / "in")
    (tmp_path / "in/passwd.txt").symlink_to("/etc/passwd")

    with closing(connect(place.options())) as connector:
        assert isinstance(connector, RemoteFiles)
        assert set(items(connector)) == {"a.md", "locked/b.md"}
        ask = connector._ask

        def refuse(question: Callable[[Any], tuple[list[dict[str, object]], str]]) -> object:
            entries, mark = ask(question)
            if any(str(entry["name"]).endswith("b.md") for entry in entries):  # as root, no folder is locked
                raise PermissionError("Permission denied")
            return entries, mark

        monkeypatch.setattr(connector, "_ask", refuse)
        assert changes(connector)[-1] == ListingEnd(unlisted=("locked cannot be listed: Permission denied",))


def listed_until(connector: RemoteFiles, closed: Callable[[], None]) -> list[Change]:
    """Begin to list, and after the first change close the door."""

    async def listed() -> list[Change]:
        found: list[Change] = []
        async for change, _ in connector.changes(None):
            found.append(change)
            if len(found) == 1:
                closed()
        return found

    return anyio.run(listed)


def test_a_token_that_runs_out_while_a_bucket_is_listed_ends_the_run(bucket: str) -> None:
    place = Bucket(bucket)
    for path in ("a.md", "b/c.md", "d/e.md"):
        place.write(path, "Text.")
    with closing(connect(place.options())) as connector:
        assert isinstance(connector, RemoteFiles)

        def closed() -> None:
            connector._make = refused
            connector.close()

        def refused() -> object:
            raise PermissionError("The provided token has expired.")

        with pytest.raises(InvalidInput, match=r"s3://share/docs does not let us in \(The provided token has expired"):
            listed_until(connector, closed)


def test_a_password_that_is_changed_while_a_server_is_listed_ends_the_run(tmp_path: Path) -> None:
    with ExitStack() as server, ExitStack() as later:
        address = server.enter_context(dav_server.running(tmp_path))
        place = Folder(tmp_path, {"url": address, "username": "reader"})
        for path in ("a.md", "b/c.md", "d/e.md"):
            place.write(path, "Text.")
        connector = later.enter_context(closing(connect(place.options())))
        assert isinstance(connector, RemoteFiles)

        def closed() -> None:
            server.close()
            port = int(address.rpartition(":")[2])
            later.enter_context(dav_server.running(tmp_path, port=port, word="changed"))

        with pytest.raises(InvalidInput, match="does not let us in"):
            listed_until(connector, closed)


def test_a_connection_that_breaks_while_a_server_is_listed_ends_the_run(
    shell: ssh_server.Server, tmp_path: Path
) -> None:
    place = Shell(shell, tmp_path)
    for path in ("a.md", "b/c.md", "d/e.md"):
        place.write(path, "Text.")
    with closing(connect(place.options())) as connector:
        assert isinstance(connector, RemoteFiles)

        with pytest.raises(Unavailable, match="does not answer"):
            listed_until(connector, shell.break_connections)


def test_a_zip_that_would_unpack_to_too_much_is_refused(tmp_path: Path) -> None:
    place = Zip(tmp_path / "bomb.zip")
    with zipfile.ZipFile(place.path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", b"\0" * 20_000_000)

    with pytest.raises(InvalidInput, match="unpacks to"):
        connect(place.options())


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("s3://key:secret@share/docs", InvalidInput, "password_file"),
        ("zip::s3://share/a.zip", InvalidInput, "no address"),
        ("file:///etc", InvalidInput, "as folder"),
        ("gopher://old/docs", UnknownName, "gopher"),
        ("dropbox://docs", UnknownName, "dropbox"),
    ],
)
def test_an_address_that_cannot_be_read_says_what_to_do(url: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        connect({"url": url})


def test_a_source_has_either_a_folder_or_an_address(tmp_path: Path) -> None:
    for options in ({}, {"folder": str(tmp_path), "url": "s3://share"}):
        with pytest.raises(InvalidInput, match="either a folder"):
            connect(options)
