"""Who may read which files: the rules of an access.toml, and what happens to those that cannot be understood."""

from contextlib import closing
from pathlib import Path

import anyio
import pytest

from groundsel_ingest.access import Access, read_access
from groundsel_ingest.connector import Item, Upsert
from groundsel_ingest.connectors.files import Files
from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.types import PUBLIC

EVERYONE = frozenset({PUBLIC})
NOBODY: frozenset[str] = frozenset()
HR = frozenset({"group:hr"})


def rules(text: str) -> Access:
    return read_access(text, default=EVERYONE, where="docs/access.toml")


RULES = """
[[rule]]
files = ["hr/**"]
allowed = ["group:hr"]

[[rule]]
files = ["hr/public/**", "*.html"]
allowed = ["groundsel:public"]
denied = ["user:eve"]
"""


def test_the_last_rule_that_fits_a_file_decides() -> None:
    access = rules(RULES)

    assert access.of("hr/salaries.xlsx") == (HR, NOBODY)
    assert access.of("hr/public/leave.md") == (EVERYONE, frozenset({"user:eve"}))
    assert access.of("hr/site/index.html") == (EVERYONE, frozenset({"user:eve"}))


def test_what_no_rule_speaks_of_is_for_those_given_by_default() -> None:
    assert rules(RULES).of("plans/roadmap.md") == (EVERYONE, NOBODY)


def test_a_rule_that_allows_nobody_shows_a_file_to_nobody() -> None:
    assert rules('[[rule]]\nfiles = ["**"]\nallowed = []').of("a.md") == (NOBODY, NOBODY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rule]", "docs/access.toml: "),
        ('[[rule]]\nfiles = ["a"]', "rule.0.allowed"),
        ('[[rule]]\nfiles = []\nallowed = ["x"]', "rule.0.files"),
        ('[[rule]]\nfiles = "a"\nallowed = ["x"]', "rule.0.files"),
        ('[[rule]]\nfiles = ["a"]\nallow = ["x"]', "allow"),
        ('[[rules]]\nfiles = ["a"]\nallowed = ["x"]', "rules"),
    ],
)
def test_rules_that_cannot_be_understood_stop_everything(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match="nothing was indexed") as caught:
        rules(text)
    assert message in str(caught.value)


def test_the_rules_of_a_folder_reach_its_items(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    (tmp_path / "hr/salaries.csv").write_text("a,b", encoding="utf-8")
    (tmp_path / "access.toml").write_text(RULES, encoding="utf-8")

    async def listed(files: Files) -> list[Item]:
        return [change.item async for change, _ in files.changes(None) if isinstance(change, Upsert)]

    with closing(Files(tmp_path, name="docs", default=EVERYONE)) as files:
        (item,) = anyio.run(listed, files)

        assert files.ruled
        assert (item.allowed, item.denied) == (HR, NOBODY)


def test_rules_that_cannot_be_read_stop_everything(tmp_path: Path) -> None:
    (tmp_path / "access.toml").mkdir()

    with pytest.raises(InvalidInput, match=r"access\.toml cannot be read"):
        Files(tmp_path, name="docs", default=EVERYONE)
