"""Who may read a file by its owner, group and mode: never anyone that the system would not let read it."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from groundsel_ingest.connector import Source, Upsert
from groundsel_ingest.connectors import files
from groundsel_ingest.posix_access import Rights, readers
from groundsel_pipelines.errors import InvalidInput

ANN, HR, BOARD = 61001, 62001, 62002  # known to no machine: called by their numbers
STAFF = frozenset({"group:staff"})
OPEN = Rights(0, 0, 0o755)


@pytest.mark.parametrize(
    ("file", "folders", "who"),
    [
        (Rights(ANN, HR, 0o644), [OPEN], {"user:61001", "group:62001", "group:staff"}),
        (Rights(ANN, HR, 0o640), [OPEN], {"user:61001", "group:62001"}),
        (Rights(ANN, HR, 0o600), [OPEN], {"user:61001"}),
        (Rights(ANN, HR, 0o000), [OPEN], set()),
        (Rights(ANN, HR, 0o604), [OPEN], {"user:61001"}),  # all but the group: nobody can be told to be outside it
        (Rights(ANN, HR, 0o644), [OPEN, Rights(ANN, HR, 0o700)], {"user:61001"}),
        (Rights(ANN, HR, 0o644), [OPEN, Rights(0, HR, 0o750)], {"group:62001"}),  # ann only as a member of it
        (Rights(ANN, HR, 0o644), [OPEN, Rights(0, BOARD, 0o750)], set()),
        (Rights(ANN, HR, 0o644), [OPEN, Rights(0, BOARD, 0o701)], set()),  # a member of both may not pass
        (Rights(ANN, HR, 0o644), [Rights(ANN, 0, 0o711), Rights(0, HR, 0o771)], {"user:61001", "group:62001",
                                                                                  "group:staff"}),
    ],
)  # fmt: skip
def test_a_file_is_for_those_who_surely_may_read_it_and_pass_its_folders(
    file: Rights, folders: list[Rights], who: set[str]
) -> None:
    assert readers(file, frozenset(folders), STAFF) == who


def found(folder: Path) -> dict[str, frozenset[str]]:
    options = {"folder": str(folder), "posix_access": True}

    async def run() -> dict[str, frozenset[str]]:
        with closing(files.create(Source(name="share", principals=STAFF, options=options))) as connector:
            assert connector.ruled
            return {
                change.item.native_id: change.item.allowed
                async for change, _ in connector.changes(None)
                if isinstance(change, Upsert)
            }

    return anyio.run(run)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_gives_each_file_to_its_owner_and_group(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for path, owner, group, mode in (("all.md", ANN, HR, 0o644), ("hr/pay.md", ANN, HR, 0o640)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("Text.")
        os.chown(tmp_path / path, owner, group)
        (tmp_path / path).chmod(mode)
    (tmp_path / "hr").chmod(0o711)

    assert found(tmp_path) == {
        "all.md": {"user:61001", "group:62001", "group:staff"},
        "hr/pay.md": {"user:61001", "group:62001"},
    }


def test_what_has_an_access_list_of_its_own_is_for_its_owner_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "a.md").write_text("Text.")
    (tmp_path / "a.md").chmod(0o644)
    try:  # version 2; owner rw-, user 61001 r--, group r--, mask r--, others r--
        entries = ((0x01, 6, 0xFFFFFFFF), (0x02, 4, ANN), (0x04, 4, 0xFFFFFFFF), (0x10, 4, 0xFFFFFFFF),
                   (0x20, 4, 0xFFFFFFFF))  # fmt: skip
        raw = (2).to_bytes(4, "little") + b"".join(
            tag.to_bytes(2, "little") + rights.to_bytes(2, "little") + who.to_bytes(4, "little")
            for tag, rights, who in entries
        )
        os.setxattr(tmp_path / "a.md", "system.posix_acl_access", raw)
    except OSError:
        pytest.skip("this file system keeps no access lists")
    owner = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()

    assert found(tmp_path) == {"a.md": {f"user:{owner}"}}


def test_rules_and_rights_do_not_go_together(tmp_path: Path) -> None:
    (tmp_path / "access.toml").write_text("")
    with pytest.raises(InvalidInput, match="take one of them away"):
        found(tmp_path)
