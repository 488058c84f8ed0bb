"""What `groundsel search` refuses before anything is opened."""

import pytest
from typer.testing import CliRunner

from groundsel_pipelines.commands.search import app
from groundsel_pipelines.errors import InvalidInput


@pytest.mark.parametrize(
    "options",
    [["--filter", "language=en"], ["--sort", "newest"], ["--mode", "dense"], ["--offset", "10"], ["--facets"]],
)
def test_what_a_search_for_similar_documents_does_not_heed_is_refused(options: list[str]) -> None:
    ended = CliRunner().invoke(app, ["--like", "leave.md", *options])

    assert isinstance(ended.exception, InvalidInput)
    assert "leave out the others" in str(ended.exception)


def test_a_date_that_is_no_year_is_refused_with_what_to_write() -> None:
    ended = CliRunner().invoke(app, ["--filter", "updated_at=abc", "leave"])

    assert isinstance(ended.exception, InvalidInput)
    assert str(ended.exception) == "'abc' is no year; write updated_at=2025, or ask for dates: since:2025-03-01"
