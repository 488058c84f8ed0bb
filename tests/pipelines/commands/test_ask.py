"""What the terminal marks of an answer."""

from dataclasses import replace

import pytest

from groundsel_pipelines.citing import cite
from groundsel_pipelines.commands.ask import marked
from small_corpus import indexed

LEAVE = indexed("leave.md", "Employees get 25 days [a]. Managers get 25 days more.", title="Leave")
QUOTE = (0, 26)


def test_the_words_that_answer_are_bold_at_their_place_in_the_quote() -> None:
    citation = cite(LEAVE.document, LEAVE.passages[0], *QUOTE, answer=(14, 21))

    assert marked("Employees get 25 days [a]. [1]", citation) == (r"Employees get [bold green]25 days[/] \[a]. [1]")


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("who: Employees; days: 25 days", True),  # a row of a table reads otherwise than it is stored
        ("25 days here, 25 days there", False),
        ("nothing of it", False),
    ],
)
def test_elsewhere_they_are_bold_only_where_they_are_unique(text: str, *, bold: bool) -> None:
    citation = cite(LEAVE.document, LEAVE.passages[0], *QUOTE, answer=(14, 21))

    assert ("[bold green]25 days[/]" in marked(text, citation)) is bold


def test_without_such_words_nothing_is_bold() -> None:
    citation = cite(LEAVE.document, LEAVE.passages[0], *QUOTE)

    assert "bold" not in marked(citation.quote, citation)
    assert "bold" not in marked(citation.quote, replace(citation, answer_span=(3, 3)))
