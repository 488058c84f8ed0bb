"""The files connector: what it lists, what it passes over, and that it never leaves its folder."""

import hashlib
import os
import subprocess
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import anyio
import pytest

from groundsel_ingest import reading
from groundsel_ingest.connector import Change, Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors.files import Files, create
from groundsel_ingest.connectors.wanted import Wanted
from groundsel_pipelines.errors import InvalidInput, Rejected
from groundsel_pipelines.types import PUBLIC

EVERYONE = frozenset({PUBLIC})


@contextmanager
def files(folder: Path, *, include: tuple[str, ...] = ("**",), exclude: tuple[str, ...] = ()) -> Generator[Files]:
    with closing(
        Files(folder, name="docs", default=EVERYONE, wanted=Wanted(include=include, exclude=exclude))
    ) as connector:
        yield connector


def changes(connector: Files) -> list[Change]:
    async def collect() -> list[Change]:
        return [change async for change, _ in connector.changes(None)]

    return anyio.run(collect)


def items(connector: Files) -> dict[str, Item]:
    return {change.item.native_id: change.item for change in changes(connector) if isinstance(change, Upsert)}


def write(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"This is {path}.", encoding="utf-8")


def test_all_files_below_a_folder_are_listed_in_order_and_the_end_is_said(tmp_path: Path) -> None:
    write(tmp_path, "b.md", "a/z.md", "a/b/c.txt", "c.md")

    with files(tmp_path) as connector:
        assert list(items(connector)) == ["b.md", "c.md", "a/z.md", "a/b/c.txt"]
        assert changes(connector)[-1] == ListingEnd()


def test_an_item_says_where_it_lies_and_when_it_changed(tmp_path: Path) -> None:
    write(tmp_path, "hr/leave policy.md")
    os.utime(tmp_path / "hr/leave policy.md", (1_700_000_000, 1_700_000_000))

    with files(tmp_path) as connector:
        (item,) = items(connector).values()

    assert item.uri == f"{tmp_path.as_uri()}/hr/leave%20policy.md"
    assert item.name == "leave policy.md"
    assert item.modified_at is not None
    assert item.modified_at.isoformat() == "2023-11-14T22:13:20+00:00"


def test_hidden_files_and_folders_and_the_access_rules_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, ".hidden.md", ".git/config", "seen.md", "below/access.toml")
    (tmp_path / "access.toml").write_text("", encoding="utf-8")

    with files(tmp_path) as connector:
        assert set(items(connector)) == {"seen.md", "below/access.toml"}


@pytest.mark.parametrize(
    ("include", "exclude", "listed"),
    [
        (("*.md",), (), {"a.md", "x/b.md", "x/y/c.md"}),
        (("x/**",), (), {"x/b.md", "x/y/c.md", "x/y/d.txt"}),
        (("x/*.md",), (), {"x/b.md"}),
        (("**",), ("y",), {"a.md", "x/b.md"}),
        (("**",), ("x/",), {"a.md"}),
        (("**/y/*",), ("?.txt",), {"x/y/c.md"}),
    ],
)
def test_patterns_say_which_files_are_taken(
    include: tuple[str, ...], exclude: tuple[str, ...], listed: set[str], tmp_path: Path
) -> None:
    write(tmp_path, "a.md", "x/b.md", "x/y/c.md", "x/y/d.txt")

    with files(tmp_path, include=include, exclude=exclude) as connector:
        assert set(items(connector)) == listed


def test_links_are_not_followed_wherever_they_lead(tmp_path: Path) -> None:
    write(tmp_path, "in/real.md", "out/secret.md")
    (tmp_path / "in/loop").symlink_to(tmp_path / "in")
    (tmp_path / "in/file.md").symlink_to(tmp_path / "out/secret.md")
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")

    with files(tmp_path / "in") as connector:
        assert set(items(connector)) == {"real.md"}


def test_a_folder_swapped_for_a_link_after_the_listing_leads_nowhere(tmp_path: Path) -> None:
    write(tmp_path, "in/sub/plan.md", "out/plan.md")
    with files(tmp_path / "in") as connector:
        (item,) = items(connector).values()
        (tmp_path / "in/sub").rename(tmp_path / "in/old")
        (tmp_path / "in/sub").symlink_to(tmp_path / "out")

        with pytest.raises(Rejected, match="cannot be opened"):
            connector.open(item)


def test_a_pipe_is_neither_listed_nor_waited_for(tmp_path: Path) -> None:
    write(tmp_path, "plan.md")
    with files(tmp_path) as connector:
        (item,) = items(connector).values()
        (tmp_path / "plan.md").unlink()
        os.mkfifo(tmp_path / "plan.md")

        assert items(connector) == {}
        with pytest.raises(Rejected, match="no regular file"):
            connector.open(item)


@pytest.fixture
def deep_folder(tmp_path: Path) -> Generator[Path]:
    """Give a folder with a file below 1,200 others: deeper than Python calls itself."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("deep.md", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    yield tmp_path
    subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)  # too deep for shutil.rmtree, which pytest uses


def test_a_file_below_a_thousand_folders_is_listed(deep_folder: Path) -> None:
    with files(deep_folder) as connector:
        assert [path.count("/") for path in items(connector)] == [1200]


def test_a_name_that_is_no_text_is_listed_and_opened(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("Open.", encoding="utf-8")

    with files(tmp_path) as connector:
        (item,) = items(connector).values()
        with connector.open(item) as file:
            assert file.read() == b"Open."

    assert item.name == "caf\ufffd.md"
    assert item.uri.endswith("/caf%E9.md")


def test_a_folder_that_cannot_be_listed_is_said_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.md", "locked/b.md")
    with files(tmp_path) as connector:
        listed = connector._list

        def refuse(folder: str) -> object:
            if folder == "locked":
                raise PermissionError(13, "Permission denied")
            return listed(folder)

        monkeypatch.setattr(connector, "_list", refuse)

        assert set(items(connector)) == {"a.md"}
        assert changes(connector)[-1] == ListingEnd(unlisted=("locked cannot be listed: Permission denied",))


def test_a_folder_that_is_not_there_or_is_none_is_named(tmp_path: Path) -> None:
    write(tmp_path, "file.md")
    for name, what in (("nowhere", "there is no folder"), ("file.md", "is not a folder")):
        with pytest.raises(InvalidInput, match=what) as caught, files(tmp_path / name):
            pass
        assert name in str(caught.value)


def test_a_document_is_copied_whole_and_hashed_with_its_title_and_address(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    with files(tmp_path) as connector:
        item = items(connector)["a.md"]
        content = reading.copy(connector, item)

    with content.file as file:
        file.seek(0)
        assert file.read() == b"This is a.md."
    assert content.sha256 == hashlib.sha256(f"\0{item.uri}\0This is a.md.".encode()).hexdigest()


@pytest.mark.parametrize(("size", "reason"), [(0, "empty"), (1001, "larger than")])
def test_an_empty_or_very_large_document_is_rejected(
    size: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    (tmp_path / "a.md").write_bytes(b"x" * size)

    with files(tmp_path) as connector, pytest.raises(Rejected, match=reason):
        reading.copy(connector, items(connector)["a.md"])


def test_attachments_of_mails_are_read_unless_the_source_says_otherwise(tmp_path: Path) -> None:
    write(tmp_path, "offer.eml")
    for options, unpacked in (({}, True), ({"attachments": False}, False)):
        source = Source(name="docs", principals=EVERYONE, options={"folder": str(tmp_path), **options})
        with closing(create(source)) as connector:
            assert isinstance(connector, Files)
            assert items(connector)["offer.eml"].unpack is unpacked
