"""A parser that hangs, eats, dies, lies or calls home costs its own file, and nothing else."""

import io
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import pytest

from groundsel_ingest.extracting import process
from groundsel_ingest.extracting.confinement import Patience
from groundsel_ingest.extracting.pool import ParserPool, parser_pool
from groundsel_pipelines.errors import Rejected

pytestmark = pytest.mark.anyio

ODD = (sys.executable, "-I", str(Path(__file__).with_name("odd_child.py")))


def file(content: bytes) -> BinaryIO:
    made = tempfile.TemporaryFile()  # noqa: SIM115 - a descriptor is needed, and gone with the test
    made.write(content)
    return made


def in_folder(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def rejection(pool: ParserPool, deed: str) -> str:
    with file(deed.encode()) as content, pytest.raises(Rejected) as caught:
        await pool.parse(content, media_type="txt", name="odd.txt")
    return caught.value.reason


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("calculate for ever", "processor time"),
        ("wait for ever", "more than 30 s"),
        ("eat memory", "too much memory"),
        ("fill the disk", "File too large"),
        ("die", "died of it"),
        ("lie", "makes no sense"),
        ("say too much", "died of it"),
        ("call home", "PermissionError"),
        ("start a program", "PermissionError"),
        ("kill the parent", "PermissionError"),
    ],
)
async def test_a_parser_that_goes_wrong_costs_one_file(deed: str, reason: str) -> None:
    async with parser_pool(1, ODD) as pool:
        assert reason in await rejection(pool, deed)

        with file(b"be good") as content:
            assert (await pool.parse(content, media_type="txt", name="good.txt")).title == "good.txt"


async def test_a_parser_that_ignores_its_alarm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "USUAL", Patience(processor=20, wall=1))
    monkeypatch.setattr(process, "GRACE_SECONDS", 0)
    async with parser_pool(1, ODD) as pool:
        assert "takes more than" in await rejection(pool, "be deaf")


async def test_a_child_reads_one_file_after_another_and_has_no_network() -> None:
    async with parser_pool(1) as pool:
        for number in range(3):
            with file(f"# Title {number}\n".encode()) as content:
                assert (await pool.parse(content, media_type="md", name="x.md")).title == f"Title {number}"

        assert [child.files for child in pool._resting] == [3]
        assert pool.isolated


async def test_a_child_is_replaced_after_its_share_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundsel_ingest.extracting.pool.MOST_FILES", 2)
    async with parser_pool(1, ODD) as pool:
        for _ in range(3):
            with file(b"be good") as content:
                await pool.parse(content, media_type="txt", name="x.txt")

        assert [child.files for child in pool._resting] == [1]


async def test_no_child_and_no_folder_of_one_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with parser_pool(1, ODD) as pool:
        with file(b"be good") as content:
            await pool.parse(content, media_type="txt", name="x.txt")
        (child,) = pool._resting

    assert not child.alive
    assert in_folder(tmp_path) == []


async def test_a_child_that_does_not_start_is_said() -> None:
    async with parser_pool(1, (sys.executable, "-c", "pass")) as pool:
        with pytest.raises(Rejected, match="does not start"):
            await pool.parse(io.BytesIO(), media_type="txt", name="x.txt")
