"""The one command: quick to start, and a failure of ours is one sentence."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from groundsel_pipelines import command_line
from groundsel_pipelines.errors import InvalidInput

HEAVY = ("numpy", "onnxruntime", "tantivy", "faiss", "fastapi", "pydantic", "anyio", "httpx")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom groundsel_pipelines.command_line import main\nsys.argv = ['groundsel', '--help']\n"
        "try:\n    main()\n"
        f"except SystemExit:\n    print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert "Usage" in done.stdout
    assert done.stderr.strip() == ""


def test_a_failure_of_ours_is_one_sentence_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise InvalidInput("the query is empty [type some words]")

    monkeypatch.setattr(command_line, "application", lambda: fail)

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: the query is empty [type some words]\n"


def test_what_the_system_refuses_names_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise PermissionError(13, "Permission denied", "/index/groundsel.db")

    monkeypatch.setattr(command_line, "application", lambda: fail)

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("Error: /index/groundsel.db: Permission denied; ")


def test_a_defect_is_a_sentence_too_and_its_traceback_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail() -> None:
        raise KeyError("parrots")

    monkeypatch.setattr(command_line, "application", lambda: fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    told = capsys.readouterr().err
    (log,) = tmp_path.iterdir()
    assert ended.value.code == 1
    assert told.startswith("Error: Groundsel broke over this (KeyError)")
    assert str(log) in told
    assert "Traceback" not in told
    assert "KeyError: 'parrots'" in log.read_text(encoding="utf-8")


def test_help_of_a_lone_command_asks_for_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.application()(["search", "--help"], prog_name="groundsel")

    told = capsys.readouterr().out
    assert "groundsel search [OPTIONS]" in told
    assert "COMMAND" not in told


def test_an_interrupt_says_that_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "application", lambda: interrupt)

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    assert ended.value.code == 130
    assert "nothing is lost" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ingest docs", "ingest run docs"),
        ("ingest --daemon", "ingest run --daemon"),
        ("ingest", "ingest run"),
        ("ingest status --json", "ingest status --json"),
        ("ingest ./status", "ingest run ./status"),
        ("ingest --help", "ingest --help"),
        ("search leave", "search leave"),
        ("", ""),
    ],
)
def test_a_group_with_a_command_run_takes_it_for_granted(typed: str, meant: str) -> None:
    assert command_line.spelled_out(typed.split()) == meant.split()
