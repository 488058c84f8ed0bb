"""What each kind of place elsewhere does in its own way, and how its address is written."""

import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import s3_server
from elsewhere import Bucket, Servers, Shell, Zip, changes, connect, items
from groundsel_ingest.connector import ListingEnd
from groundsel_ingest.connectors import listing
from groundsel_ingest.connectors.remote_files import RemoteFiles
from groundsel_pipelines.errors import InvalidInput, UnknownName


def test_a_folder_of_a_bucket_is_listed_a_page_at_a_time(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    written = {f"{number}.md" for number in range(7)} | {"below/a.md", "below/b.md"}
    for path in written:
        s3_server.client(servers.bucket).put_object(Bucket="share", Key=f"many/{path}", Body=b"Text.")
    with closing(connect({**Bucket(servers.bucket).options(), "url": "s3://share/many"})) as connector:
        assert set(items(connector)) == written


def test_links_of_a_server_are_not_followed_and_a_locked_folder_is_said(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Shell(servers.shell, tmp_path / "in")
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
