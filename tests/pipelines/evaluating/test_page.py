"""The page needs nothing but itself, and nothing of a document becomes markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

from groundsel_pipelines.evaluating.comparing import compare
from groundsel_pipelines.evaluating.page import rendered
from groundsel_pipelines.evaluating.report import read_earlier, write_json
from reports import BAD, report

VOID = {"meta", "line", "circle", "rect", "polyline", "br"}


class Nesting(HTMLParser):
    """Follows the tags that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def page(tmp_path: Path) -> str:
    write_json(report([0.5] * 30, [0.6] * 30), tmp_path / "old.json")
    now = report([0.5] * 30, [0.7] * 30)
    return rendered(now, compare(now, read_earlier(tmp_path / "old.json")))


def test_every_tag_is_closed_in_order(tmp_path: Path) -> None:
    nesting = Nesting()
    nesting.feed(page(tmp_path))

    assert nesting.open == []


def test_what_documents_and_questions_say_is_escaped(tmp_path: Path) -> None:
    assert BAD not in page(tmp_path)
    assert "<script" not in page(tmp_path)


def test_nothing_is_fetched(tmp_path: Path) -> None:
    assert not re.search(r"\b(?:src|href)=|@import|url\(", page(tmp_path))


def test_a_better_default_is_told_with_its_interval(tmp_path: Path) -> None:
    assert "+0.100" in page(tmp_path)
    assert 'class="better"' in page(tmp_path)
