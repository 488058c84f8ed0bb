"""`groundsel ingest`: what it refuses before it touches anything."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundsel_ingest.commands import app, refuse_nothing, throw_away
from groundsel_ingest.history import SourceStatus, read_statuses, utc_now
from groundsel_ingest.manifest import open_manifest
from groundsel_ingest.report import Rejection, Report
from groundsel_pipelines.errors import GroundselError, InvalidInput, Unavailable, UnknownName
from groundsel_pipelines.settings import read_settings
from groundsel_pipelines.stores.embedded import checked


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of an index; no model is installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSEL_STORE__FOLDER", str(tmp_path / "index"))
    monkeypatch.setenv("GROUNDSEL_MODELS__FOLDER", str(tmp_path / "models"))
    (tmp_path / "documents").mkdir()
    return tmp_path / "index"


def failure(*arguments: str) -> BaseException | None:
    return CliRunner().invoke(app, ["run", *arguments]).exception


@pytest.mark.usefixtures("index")
def test_a_folder_that_is_not_there_is_named() -> None:
    error = failure("./nowhere")

    assert isinstance(error, InvalidInput)
    assert "nowhere" in str(error)


def test_without_a_model_nothing_is_made_and_nothing_thrown_away(index: Path) -> None:
    error = failure("--rebuild", "documents")

    assert isinstance(error, UnknownName)
    assert "groundsel models pull" in str(error)
    assert not index.exists()


@pytest.mark.usefixtures("index")
def test_broken_rules_are_said_before_anything_is_read() -> None:
    Path("documents/access.toml").write_text("[[rule]]\nfiles = 3", encoding="utf-8")
    error = failure("documents")

    assert isinstance(error, GroundselError)
    assert "access.toml" in str(error)


@pytest.mark.usefixtures("index")
def test_a_collection_whose_name_does_not_fit_is_refused() -> None:
    error = failure("--collection", "My Notes!", "documents")

    assert isinstance(error, InvalidInput)
    assert "lower-case letters" in str(error)


def test_a_run_that_leaves_nothing_to_search_is_a_failure() -> None:
    nothing = Report(
        collection="c", source="s", place="/empty", state="completed_with_errors", discovered=1, indexed=0,
        unchanged=0, filtered=0, rejected=1, deleted=0, partial=0, withheld=0, filtered_types={},
        rejections=(Rejection(uri="file:///empty/a.xyz", reason="no parser"),), warnings=(), took_s=0.1,
    )  # fmt: skip

    with pytest.raises(InvalidInput, match=r"nothing in /empty can be searched; give a folder that holds .*pdf"):
        refuse_nothing(nothing)
    refuse_nothing(replace(nothing, deleted=1))
    refuse_nothing(replace(nothing, unchanged=1))
    refuse_nothing(replace(nothing, withheld=1))  # a disk that is not mounted: the note about deletes says it


def test_rebuilding_throws_away_an_index_and_nothing_else(tmp_path: Path) -> None:
    for name in ("groundsel.db", "groundsel.db-wal", "manifest.db", "lexical.lock", "lexical/part", "mine.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    throw_away(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(InvalidInput, match="something else than an index"):
        throw_away(tmp_path)
    throw_away(tmp_path / "nowhere")


def test_an_index_that_is_being_written_is_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "groundsel.db").write_text("x", encoding="utf-8")
    with open_manifest(tmp_path, collection="c", source="docs"), pytest.raises(Unavailable, match="is running"):
        throw_away(tmp_path)

    assert (tmp_path / "groundsel.db").exists()


SOURCES = """
[sources.notes]
kind = "files"
folder = "documents"
principals = ["groundsel:public"]
schedule = "10m"
"""


@pytest.mark.usefixtures("index")
def test_a_source_is_configured_by_name_and_its_status_is_told() -> None:
    Path("groundsel.toml").write_text(SOURCES, encoding="utf-8")
    done = CliRunner().invoke(app, ["status", "--json"])
    (told,) = json.loads(done.stdout)

    assert (told["source"], told["kind"], told["state"], told["documents"]) == ("notes", "files", "pending", 0)
    assert "notes" in CliRunner().invoke(app, ["status"]).stdout
    assert isinstance(failure("notes"), UnknownName)  # no model; so the source was understood


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ('schedule = "10m"', 'schedule = "often"'),
        ('kind = "files"', 'kind = "telepathy"'),
        ('folder = "documents"', 'fodler = "documents"'),
        ('folder = "documents"', 'folder = "documents"\npassword = "hunter2"'),
        ('principals = ["groundsel:public"]', ""),
    ],
)
def test_a_mistake_in_a_source_is_named_before_anything_runs(mistake: str, told: str) -> None:
    Path("groundsel.toml").write_text(SOURCES.replace(mistake, told), encoding="utf-8")
    error = failure("notes")

    assert isinstance(error, GroundselError)
    assert "notes" in str(error) or "telepathy" in str(error)
    assert "hunter2" not in str(error)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    "arguments",
    [[], ["--daemon"], ["--daemon", "documents"], ["--due", "documents"], ["nobody"]],
)
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    assert isinstance(failure(*arguments), InvalidInput)


@pytest.mark.usefixtures("index")
def test_a_retry_names_the_sources_that_there_are() -> None:
    error = CliRunner().invoke(app, ["retry", "nobody"]).exception

    assert isinstance(error, InvalidInput)
    assert "nobody" in str(error)
    assert CliRunner().invoke(app, ["retry"]).stdout == "nothing was rejected\n"


def test_a_source_that_cannot_be_opened_is_in_its_status_and_stays_due(index: Path) -> None:
    Path("groundsel.toml").write_text(
        '[sources.docs]\nkind = "files"\nfolder = "unmounted"\nprincipals = ["groundsel:public"]\nschedule = "1h"\n',
        encoding="utf-8",
    )
    with open_manifest(index, collection="documents", source="docs") as manifest:
        manifest.begin("unmounted", moved=False, access="given")
        manifest.ended("completed", {"discovered": 3, "unchanged": 3})

    def standing() -> SourceStatus:
        settings, now = read_settings(), utc_now()
        (found,) = read_statuses(index, sources=settings.sources, collection="documents", now=now)
        return found

    before = standing()
    assert isinstance(failure("--dry-run"), InvalidInput)
    assert standing() == before  # it was only asked what would be

    for _ in range(3):  # by a daemon, every minute: what was there before is not pushed out
        assert isinstance(failure(), InvalidInput)
        after = standing()
        assert after.state == "error"
        assert "unmounted" in after.error
        assert (after.last_sync, after.next_run) == (before.last_sync, before.next_run)
    with closing(checked.connect(index / "manifest.db", busy_seconds=1)) as ledger:
        assert ledger.execute("SELECT state FROM run ORDER BY run").fetchall() == [("completed",), ("error",)]
