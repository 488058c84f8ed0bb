"""The product as its user meets it: the command line over the demo company's documents, with the real models."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from groundsel_pipelines.commands.demo import demo_documents

pytestmark = pytest.mark.integration

GROUNDSEL = (sys.executable, "-m", "groundsel_pipelines")


def run(home: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*prefix, *GROUNDSEL, *arguments]
    return subprocess.run(command, cwd=home, check=False, capture_output=True, text=True, timeout=300)


def write_settings(home: Path, *, store: Path | None = None, extra: str = "") -> Path:
    home.mkdir(parents=True, exist_ok=True)
    folder = json.dumps(str(store or home / "index"))
    (home / "groundsel.toml").write_text(f'collection = "demo"\n[store]\nfolder = {folder}\n{extra}', encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a configuration and the demo company indexed; the tests only read from it."""
    folder = write_settings(tmp_path_factory.mktemp("home"))
    ingested = run(folder, "ingest", str(demo_documents()), "--json")
    assert ingested.returncode == 0, ingested.stderr
    report = json.loads(ingested.stdout)
    assert report["discovered"] == report["indexed"] + report["unchanged"] + report["filtered"] + report["rejected"]
    assert report["indexed"] >= 60
    return folder


def test_a_second_ingest_finds_everything_unchanged(home: Path) -> None:
    report = json.loads(run(home, "ingest", str(demo_documents()), "--json").stdout)

    assert report["unchanged"] == report["discovered"] - report["rejected"]
    assert report["indexed"] == 0


def test_search_prints_results_for_machines(home: Path) -> None:
    found = json.loads(run(home, "search", "annual leave", "--json").stdout)

    assert found["total"] >= 1
    assert found["results"][0]["title"]


def test_an_answer_cites_stored_text_and_works_without_a_network(home: Path) -> None:
    unshare = (shutil.which("unshare") or "", "-n")
    if os.geteuid() != 0 or not unshare[0]:
        pytest.skip("cutting the network off needs root and unshare")
    answer = json.loads(
        run(home, "ask", "How many days of annual leave do employees get?", "--json", prefix=unshare).stdout
    )

    assert answer["status"] in {"answered", "partial", "conflicting"}
    assert answer["citations"]
    assert all(citation["quote"] for citation in answer["citations"])


def test_a_question_beyond_the_documents_is_not_answered(home: Path) -> None:
    answer = json.loads(run(home, "ask", "What is the capital of Mongolia?", "--json").stdout)

    assert answer["status"] == "not_in_documents"
    assert answer["citations"] == []


def test_a_document_of_another_group_is_found_only_by_its_members(home: Path) -> None:
    public = json.loads(run(home, "search", "board acquisition strategy", "--json", "--limit", "100").stdout)
    board = json.loads(
        run(home, "search", "board acquisition strategy", "--json", "--limit", "100", "--as", "group:board").stdout
    )

    hidden = {result["id"] for result in board["results"]} - {result["id"] for result in public["results"]}
    assert hidden
    assert board["total"] > public["total"]


def test_doctor_finds_nothing_wrong(home: Path) -> None:
    done = run(home, "doctor", "--json")

    assert done.returncode == 0, done.stdout
    assert {check["name"]: check["state"] for check in json.loads(done.stdout)}["store"] == "ok"


def test_no_command_loads_torch(home: Path) -> None:
    code = (
        "import sys; sys.argv = ['groundsel', 'ask', 'annual leave', '--json']\n"
        "from groundsel_pipelines.command_line import main\n"
        "try:\n    main()\nfinally:\n    print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, check=False, capture_output=True, text=True, timeout=120
    )

    assert done.stderr.strip().endswith("False")


def fails_with_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    message = done.stderr.strip().splitlines()[-1]
    for word in words:
        assert word in message


def test_without_an_index_the_next_command_is_named(tmp_path: Path) -> None:
    fails_with_one_sentence(run(write_settings(tmp_path), "search", "leave"), "groundsel ingest")


def test_without_a_model_the_next_command_is_named(tmp_path: Path) -> None:
    folder = write_settings(tmp_path, extra=f"[models]\nfolder = {json.dumps(str(tmp_path / 'none'))}\n")

    fails_with_one_sentence(run(folder, "ingest", str(demo_documents())), "groundsel models pull all-minilm-l6-v2")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    fails_with_one_sentence(run(write_settings(tmp_path), "ingest", str(tmp_path / "nowhere")), "nowhere")


def test_an_empty_index_is_not_an_answer(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    home = write_settings(tmp_path / "home")

    fails_with_one_sentence(run(home, "ingest", str(tmp_path / "nothing")), "nothing", "can be searched")
    fails_with_one_sentence(run(home, "search", "leave"), "is empty; run: groundsel ingest DIR")
    fails_with_one_sentence(run(home, "ask", "How long is leave?"), "is empty; run: groundsel ingest DIR")


def test_without_its_language_model_an_answer_is_a_quotation(home: Path) -> None:
    settings = {"GROUNDSEL_MODELS__ANSWER": "lost", "GROUNDSEL_ANSWER__METHOD": "generated"}
    settings |= {"GROUNDSEL_ROLES__ANSWER": ""}  # one that serves would write in its place
    prefix = ("env", *(f"{name}={value}" for name, value in settings.items()))
    asked = run(home, "ask", "--json", "How many days of paid leave do full-time employees get?", prefix=prefix)
    told = json.loads(asked.stdout)

    assert (told["status"], told["method"], told["reason"]) == ("answered", "extractive", "model_unavailable")
    assert "groundsel models pull lost" in asked.stderr


def test_the_demo_stays_out_of_the_users_own_index(tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "index"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    done = run(tmp_path, "demo", "--once", "--port", port, prefix=("env", f"GROUNDSEL_STORE__FOLDER={mine}"))

    assert not mine.exists(), done.stderr
    assert (tmp_path / "mine" / "demo" / "index" / "groundsel.db").exists()


def test_a_document_that_is_unknown_is_named(home: Path) -> None:
    fails_with_one_sentence(run(home, "summarize", "no-such-file.md"), "no-such-file.md")


def test_an_empty_question_is_refused(home: Path) -> None:
    fails_with_one_sentence(run(home, "ask", "  "), "empty")


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("making a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine mounts no tmpfs")
    try:
        folder = write_settings(tmp_path / "home", store=disk / "index")
        fails_with_one_sentence(run(folder, "ingest", str(demo_documents())), "full")
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        report = json.loads(run(folder, "ingest", str(demo_documents()), "--json").stdout)
        assert report["discovered"] == report["indexed"] + report["unchanged"] + report["filtered"] + report["rejected"]
        assert run(folder, "search", "annual leave", "--json").returncode == 0
    finally:
        subprocess.run(["umount", str(disk)], check=False)
