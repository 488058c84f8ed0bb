"""What people opened becomes rows: the document that was right, and others that its question finds."""

import anyio
import pytest

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.query_report import Asked
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.tuning.feedback import feedback_rows
from groundsel_pipelines.tuning.rows import RerankerRow
from plugin_parts import BOARD, LEAVE, TRAVEL, made
from small_corpus import STAFF, filled, indexed

SICK = indexed("sick.md", "Sick leave is told to the team lead.", title="Sick leave")


def rows(*asked: Asked) -> tuple[RerankerRow, ...]:
    searcher = made(filled(MemoryStore(), LEAVE, TRAVEL, BOARD, SICK)).searcher

    async def found() -> tuple[RerankerRow, ...]:
        return await feedback_rows(asked, searcher, STAFF)

    return anyio.run(found)


def test_what_was_opened_is_right_and_what_was_called_wrong_comes_first_among_the_others() -> None:
    (row,) = rows(Asked(text="annual leave", good={"docs/leave.md": 2, "docs/travel.md": -1}))

    assert (row.query, row.document) == ("annual leave", "docs/leave.md")
    assert "25 days" in row.positive
    assert "second class" in row.negatives[0]
    assert any("Sick leave" in text for text in row.negatives)


def test_what_the_asker_may_not_see_is_in_no_row() -> None:
    (row,) = rows(Asked(text="annual leave", good={"docs/leave.md": 1, "docs/board.md": 1}))

    assert not any("board" in text for text in (row.positive, *row.negatives))


@pytest.mark.parametrize(
    "asked",
    [
        Asked(text="annual leave", good={"docs/leave.md": -1}),
        Asked(text="annual leave", good={"docs/gone.md": 1}),
        Asked(text="#5f3a", good={"docs/leave.md": 1}),
        Asked(text="annual leave"),
    ],
)
def test_where_nobody_found_anything_right_there_is_nothing_to_learn(asked: Asked) -> None:
    with pytest.raises(InvalidInput, match="no row can be made"):
        rows(asked)
