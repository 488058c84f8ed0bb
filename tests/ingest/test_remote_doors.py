"""Places elsewhere that are not there, do not answer, do not let us in, or no longer: a run ends with a sentence."""

import socket
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import NoReturn

import anyio
import pytest

import dav_server
import smb_server
from elsewhere import Bucket, Elsewhere, Folder, Servers, Shell, changes, connect, items
from groundsel_ingest.connector import Change
from groundsel_ingest.connectors.filesystems import require_known
from groundsel_ingest.connectors.remote_files import RemoteFiles
from groundsel_pipelines.errors import InvalidInput, Unavailable


def test_a_bucket_or_folder_that_is_not_there_is_named(elsewhere: Elsewhere) -> None:
    elsewhere.write("a.md", "A")
    options = elsewhere.options()
    url = str(options["url"])
    for place in {url.replace("/export.zip", "/nowhere.zip") if "zip" in url else f"{url}/nowhere",
                  url.replace("://share", "://nowhere")} - {url}:  # fmt: skip
        with pytest.raises(InvalidInput, match="nowhere"), closing(connect(options, url=place)) as connector:
            changes(connector)


def test_a_server_that_does_not_answer_is_unavailable_and_one_that_is_not_known_is_not_spoken_to(
    servers: Servers, tmp_path: Path
) -> None:
    options = Shell(servers.shell, tmp_path).options()
    (tmp_path / "nobody").touch()
    for place in ({**options, "url": "sftp://127.0.0.1:1/x"}, {**options, "known_hosts": str(tmp_path / "nobody")}):
        with pytest.raises(Unavailable, match="does not answer"):
            connect(place)


@pytest.mark.parametrize(("place", "wrong"), [("dav", {"password": "mistyped"}), ("share", {"username": "nobody"})])
def test_a_user_that_the_server_does_not_let_in_is_a_mistake_of_the_configuration(
    servers: Servers, place: str, wrong: dict[str, str]
) -> None:
    shared: Folder = getattr(servers, place)
    with pytest.raises(InvalidInput, match="does not let us in") as told:
        connect(shared.options(), **wrong)
    assert "mistyped" not in str(told.value)


def test_a_key_that_the_server_does_not_take_is_a_mistake_of_the_configuration(
    servers: Servers, tmp_path: Path
) -> None:
    options = Shell(servers.shell, tmp_path).options()
    with pytest.raises(InvalidInput, match="does not let us in"):
        connect({**options, "key_file": str(servers.shell.key.parent / "host")})


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


def test_a_token_that_runs_out_while_a_bucket_is_listed_ends_the_run(servers: Servers) -> None:
    place = Bucket(servers.bucket)
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


def test_a_connection_that_breaks_while_a_server_is_listed_ends_the_run(servers: Servers, tmp_path: Path) -> None:
    place = Shell(servers.shell, tmp_path)
    for path in ("a.md", "b/c.md", "d/e.md"):
        place.write(path, "Text.")
    with closing(connect(place.options())) as connector:
        assert isinstance(connector, RemoteFiles)

        with pytest.raises(Unavailable, match="does not answer"):
            listed_until(connector, servers.shell.break_connections)


@contextmanager
def share_that_stops(_: Path) -> Generator[tuple[Elsewhere, Callable[[], None]]]:
    with ExitStack() as running:
        server = running.enter_context(smb_server.running())
        url = f"smb://127.0.0.1:{server.port}/docs"
        yield Folder(server.folder, {"url": url, "username": server.user}), running.close


@contextmanager
def dav_that_stops(folder: Path) -> Generator[tuple[Elsewhere, Callable[[], None]]]:
    with ExitStack() as running:
        address = running.enter_context(dav_server.running(folder))
        yield Folder(folder, {"url": address, "username": "reader"}), running.close


@pytest.mark.filterwarnings("ignore:unclosed SMB handle")  # of a server that is gone none can be closed
@pytest.mark.parametrize("place_that_stops", [share_that_stops, dav_that_stops])
def test_a_server_that_goes_away_while_its_files_are_read_ends_the_run(
    tmp_path: Path, place_that_stops: Callable[[Path], AbstractContextManager[tuple[Elsewhere, Callable[[], None]]]]
) -> None:
    with place_that_stops(tmp_path) as (place, stop):
        for path in ("a.txt", "b.txt"):
            place.write(path, "A line of text.\n" * 1_000_000)
        with closing(connect(place.options())) as connector:
            found = items(connector)
            half_read = connector.open(found["a.txt"])
            assert half_read.read(10)
            stop()

            with pytest.raises(Unavailable, match="does not answer"):
                half_read.read()
            half_read.close()
            with pytest.raises(Unavailable, match="does not answer"):
                connector.open(found["b.txt"]).read()


def test_an_account_whose_server_has_no_address_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    with pytest.raises(Unavailable, match=r"no address of mistyped\.blob\.core\.windows\.net is known"):
        require_known("https://mistyped.blob.core.windows.net/")

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")  # it is the proxy that asks for addresses
    require_known("https://mistyped.blob.core.windows.net/")
