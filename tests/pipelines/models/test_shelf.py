"""Opened models follow what is installed: taken up while others go on with the former one, never half."""

from pathlib import Path

import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models import shelf
from groundsel_pipelines.models.shelf import Shelf

MANIFEST = "manifest.json"


@pytest.fixture(autouse=True)
def _look_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "LOOKED_AT_SECONDS", 0.0)


def put(folder: Path, content: str) -> None:
    """Swap the model's folder for another, as an installation does."""
    new = folder / "new"
    new.mkdir(parents=True)
    (new / MANIFEST).write_text(content, encoding="utf-8")
    if (folder / "reader-en").exists():
        (folder / "reader-en").rename(folder / f"former-{len(list(folder.iterdir()))}")
    new.rename(folder / "reader-en")


def read(folder: Path, name: str) -> str:
    content = (folder / name / MANIFEST).read_text(encoding="utf-8")
    if content == "damaged":
        raise InvalidInput("a file was changed")
    return content


def test_a_model_is_opened_once_and_again_only_when_another_is_installed(tmp_path: Path) -> None:
    opened: list[str] = []

    def load(folder: Path, name: str) -> str:
        opened.append(name)
        return read(folder, name)

    models = Shelf(tmp_path, load)
    put(tmp_path, "first")

    assert [models.take("reader-en") for _ in range(3)] == ["first"] * 3
    put(tmp_path, "second")
    assert [models.take("reader-en") for _ in range(3)] == ["second"] * 3
    assert opened == ["reader-en"] * 2


def test_one_that_is_not_there_is_none_and_is_found_once_it_is_installed(tmp_path: Path) -> None:
    models = Shelf(tmp_path, read)

    assert models.take("reader-en") is None
    put(tmp_path, "first")
    assert models.take("reader-en") == "first"


def test_a_damaged_one_is_not_taken_up_and_the_former_one_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = Shelf(tmp_path, read)
    put(tmp_path, "first")
    models.take("reader-en")
    put(tmp_path, "damaged")

    assert [models.take("reader-en") for _ in range(3)] == ["first"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "the model 'reader-en' could not be opened: a file was changed"
    ]


def test_one_that_was_removed_is_used_no_more(tmp_path: Path) -> None:
    models = Shelf(tmp_path, read)
    put(tmp_path, "first")
    models.take("reader-en")
    (tmp_path / "reader-en" / MANIFEST).unlink()

    assert models.take("reader-en") is None
