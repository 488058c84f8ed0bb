"""The one command: quick to start, and a failure of ours is one sentence."""

import subprocess
import sys

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


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "application", lambda: interrupt)

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    assert ended.value.code == 130
