"""No document stands on both sides of a split, nor does an edited copy of one."""

from dataclasses import replace

from groundsel_pipelines.tuning.rows import ReaderRow
from groundsel_pipelines.tuning.splits import shuffled, split

TEXT = "The annual leave of every employee at this site is twenty five days, and it can be taken in halves of a day. "


def rows(count: int) -> list[ReaderRow]:
    """Make three questions a document."""
    return [
        ReaderRow(
            id=f"{document}-{number}",
            document=f"document {document}",
            question=f"question {number}?",
            passage=f"This is what document {document} says about matter {document * 7}, only {document}.",
            answerable=False,
        )
        for document in range(count)
        for number in range(3)
    ]


def test_all_questions_of_a_document_stay_together() -> None:
    parts = split(rows(200), share=0.2, seed=1)

    assert {row.document for row in parts.train}.isdisjoint(row.document for row in parts.held_out)
    assert 0.1 < len(parts.held_out) / 600 < 0.3


def test_the_same_number_gives_the_same_split_and_another_another() -> None:
    assert split(rows(50), share=0.2, seed=1) == split(rows(50), share=0.2, seed=1)
    assert split(rows(50), share=0.2, seed=1).held_out != split(rows(50), share=0.2, seed=2).held_out


def test_what_nearly_repeats_a_held_out_text_is_not_trained_on() -> None:
    held_out = split(rows(50), share=0.2, seed=1).held_out
    first = replace(held_out[0], passage=TEXT)
    copy = replace(first, id="copy", document=train_document(), passage=TEXT.replace("halves", "quarters"))

    parts = split([*rows(50), first, copy], share=0.2, seed=1)

    assert parts.near_duplicates == 1
    assert "copy" not in {row.id for row in parts.train}


def test_another_source_does_not_change_the_order_of_the_rest() -> None:
    order = [row.id for row in shuffled(rows(20), 3)]
    more = [replace(row, id=f"new {row.id}") for row in rows(5)]

    assert [row.id for row in shuffled([*more, *rows(20)], 3) if not row.id.startswith("new")] == order


def train_document() -> str:
    return split(rows(50), share=0.2, seed=1).train[0].document
