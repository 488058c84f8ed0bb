"""A real repository: listed once, then by what changed between two commits, whatever its history went through."""

import subprocess
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from groundsel_ingest.connector import Change, Delete, Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors.git import Git, create
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable


class Repository:
    """A folder under Git, as someone works in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", self.folder, *identity, *arguments], check=True, capture_output=True)

    def commit(self, **texts: str | None) -> None:
        """Write files (`a_md` is a.md; None takes it out) and commit them."""
        for name, text in texts.items():
            path = self.folder / ".".join(name.rsplit("_", 1))
            path.unlink(missing_ok=True) if text is None else path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Work", "--date", "2026-03-04T10:00:00Z")

    def connector(self, **options: object) -> Git:
        given = {"url": str(self.folder), "mirror": str(self.folder.parent / "mirror"), **options}
        return create(Source(name="code", principals=frozenset({"group:dev"}), options=given))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "work")
    made.commit(a_md="Alpha.", b_md="Beta.", c_md="Gamma.")
    return made


def run(connector: Git, cursor: str | None = None) -> tuple[list[Change], str | None]:
    async def listed() -> tuple[list[Change], str | None]:
        found, last = [], cursor
        async for change, after in connector.changes(cursor):
            found.append(change)
            last = after
        return found, last

    with closing(connector):
        return anyio.run(listed)


def items(changes: list[Change]) -> dict[str, Item]:
    return {change.item.native_id: change.item for change in changes if isinstance(change, Upsert)}


def deleted(changes: list[Change]) -> set[str]:
    return {change.native_id for change in changes if isinstance(change, Delete)}


def test_the_first_run_lists_the_branch_and_the_next_what_changed(repository: Repository) -> None:
    changes, cursor = run(repository.connector())
    assert set(items(changes)) == {"a.md", "b.md", "c.md"}
    assert changes[-1] == ListingEnd()
    assert items(changes)["a.md"].modified_at is not None
    assert items(changes)["a.md"].allowed == {"group:dev"}

    repository.commit(a_md="Alpha, again.", b_md=None, d_md="Delta.")
    changes, later = run(repository.connector(), cursor)

    assert set(items(changes)) == {"a.md", "d.md"}
    assert deleted(changes) == {"b.md"}
    assert not any(isinstance(change, ListingEnd) for change in changes)
    assert repository.connector().open(items(changes)["a.md"]).read() == b"Alpha, again."
    assert run(repository.connector(), later) == ([], later)


def test_a_renamed_file_is_still_itself_at_another_address(repository: Repository) -> None:
    before, cursor = run(repository.connector())
    repository.git("mv", "a.md", "renamed.md")
    repository.commit()
    changes, cursor = run(repository.connector(), cursor)

    assert deleted(changes) == set()
    assert set(items(changes)) == {"a.md"}
    assert items(changes)["a.md"].uri.endswith("/renamed.md")
    assert items(changes)["a.md"].stamp != items(before)["a.md"].stamp
    assert repository.connector().open(items(changes)["a.md"]).read() == b"Alpha."

    repository.commit(a_md="Another file at the old place.", renamed_md=None)
    changes, cursor = run(repository.connector(), cursor)
    assert deleted(changes) == {"a.md"}
    (new,) = items(changes).values()
    assert repository.connector().open(new).read() == b"Another file at the old place."


def test_a_renamed_file_keeps_its_name_when_another_takes_its_place_and_everything_is_listed_again(
    repository: Repository,
) -> None:
    _, cursor = run(repository.connector())
    repository.git("mv", "a.md", "moved.md")
    repository.commit()
    _, cursor = run(repository.connector(), cursor)
    repository.commit(a_md="A newcomer of the same name.")
    changes, cursor = run(repository.connector(), cursor)
    (newcomer,) = items(changes)
    assert newcomer.startswith("a.md@")

    listed, _ = run(repository.connector(exclude=["c.md"]), cursor)
    assert {name: item.uri.rsplit("/", 1)[1] for name, item in items(listed).items()} == {
        "a.md": "moved.md", newcomer: "a.md", "b.md": "b.md",
    }  # fmt: skip


def test_a_branch_that_was_rewritten_is_compared_all_the_same(repository: Repository) -> None:
    _, cursor = run(repository.connector())
    repository.git("commit", "--quiet", "--amend", "--message", "Other")
    repository.commit(b_md="Better.")
    changes, _ = run(repository.connector(), cursor)

    assert set(items(changes)) == {"b.md"}
    assert deleted(changes) == set()


def test_a_copy_that_was_lost_or_another_choice_of_files_lists_everything(repository: Repository) -> None:
    _, cursor = run(repository.connector())
    changes, _ = run(repository.connector(exclude=["c.md"]), cursor)
    assert set(items(changes)) == {"a.md", "b.md"}
    assert changes[-1] == ListingEnd()

    repository.git("commit", "--quiet", "--amend", "--message", "Other")
    changes, _ = run(repository.connector(mirror=str(repository.folder.parent / "fresh")), cursor)
    assert changes[-1] == ListingEnd()


def test_links_hidden_files_and_other_branches_are_passed_over_and_odd_names_kept(repository: Repository) -> None:
    (repository.folder / "link.md").symlink_to("/etc/passwd")
    (repository.folder / ".hidden.md").write_text("x")
    (repository.folder / "tab\tnew\nline é.md").write_text("Odd.")
    repository.commit()
    repository.git("switch", "--quiet", "--create", "other")
    repository.commit(other_md="Other.")
    changes, _ = run(repository.connector(uri="https://code.example/{branch}/{path}"))

    assert set(items(changes)) == {"a.md", "b.md", "c.md", "tab\tnew\nline é.md"}
    assert items(changes)["tab\tnew\nline é.md"].uri == "https://code.example/main/tab%09new%0Aline%20%C3%A9.md"
    assert items(changes)["tab\tnew\nline é.md"].modified_at is not None


def test_a_file_becomes_a_link_and_is_gone(repository: Repository) -> None:
    _, cursor = run(repository.connector())
    (repository.folder / "a.md").unlink()
    (repository.folder / "a.md").symlink_to("b.md")
    repository.commit()

    assert deleted(run(repository.connector(), cursor)[0]) == {"a.md"}


def test_what_is_kept_in_lfs_is_rejected(repository: Repository) -> None:
    repository.commit(big_md="version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    changes, _ = run(repository.connector())
    with pytest.raises(Rejected, match="LFS"):
        repository.connector().open(items(changes)["big.md"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"branch": "nowhere"}, "no branch 'nowhere'; set sources.code.branch"),
        ({"url": "/nowhere"}, "nowhere"),
        ({"url": "ext::sh -c touch% /tmp/groundsel-was-here"}, "not allowed"),
        ({"url": "http://127.0.0.1:1/x"}, "not allowed"),
        ({"url": "https://ann:hunter2@code.example/x"}, "holds a password"),
        ({"branch": "--upload-pack=sh"}, "no name of a branch"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_nothing_is_run(
    repository: Repository, options: dict[str, object], told: str
) -> None:
    with pytest.raises((InvalidInput, Unavailable), match=told) as raised:
        run(repository.connector(**options))

    assert "hunter2" not in str(raised.value)
    assert not Path("/tmp/groundsel-was-here").exists()  # noqa: S108 - where it would be


@pytest.mark.parametrize("cursor", ['["1234", "abcd"]', "1234", "[", '["a", "b", "c"]', "null"])
def test_a_cursor_of_another_format_lists_everything_anew(repository: Repository, cursor: str) -> None:
    changes, after = run(repository.connector(), cursor)

    assert set(items(changes)) == {"a.md", "b.md", "c.md"}
    assert changes[-1] == ListingEnd()
    assert run(repository.connector(), after)[0] == []
