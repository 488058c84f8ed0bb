"""What a summariser learns: the sentences that a summary stands for, and which of two documents it is asked about."""

from random import Random

from groundsel_pipelines.tuning.key_pieces import beside_others, key_pieces
from groundsel_pipelines.tuning.rows import SummariseRow

EVIDENCE = (
    "The board met on Monday.",
    "Leave grows from 25 to 27 days a year.",
    "The canteen closes at noon on Fridays.",
    "Parents may take 18 months of leave.",
)


def row(number: int, *, title: str = "Leave") -> SummariseRow:
    return SummariseRow(
        id=str(number),
        document=str(number),
        evidence=tuple(f"Sentence {at} of document {number}." for at in range(4)),
        title=title,
        summary=f"Sentence 2 of document {number}.",
    )


def test_the_pieces_nearest_to_the_summary_are_found_in_their_order() -> None:
    assert key_pieces(EVIDENCE, "Parents may take 18 months; leave grows to 27 days a year.") == (1, 3)


def test_a_piece_that_adds_nothing_is_left_out() -> None:
    assert key_pieces(EVIDENCE, "Leave grows from 25 to 27 days a year.") == (1,)


def test_a_summary_that_shares_no_word_stands_for_nothing() -> None:
    assert key_pieces(EVIDENCE, "Hi.") == ()
    assert key_pieces((), "Hi.") == ()


def test_some_rows_stand_beside_another_document_and_keep_their_pieces() -> None:
    rows = [row(at) for at in range(40)]
    mixed = list(beside_others(rows, Random(3)))  # noqa: S311 - no secret

    assert [each.summary for each in mixed] == [each.summary for each in rows]
    grown = [(old, new) for old, new in zip(rows, mixed, strict=True) if new.evidence != old.evidence]
    assert 8 <= len(grown) <= 24
    for old, new in grown:
        assert new.evidence[:4] == old.evidence or new.evidence[-4:] == old.evidence
        assert key_pieces(new.evidence, new.summary) == (new.evidence.index(old.evidence[2]),)


def test_a_row_that_does_not_say_what_it_is_about_stands_alone() -> None:
    rows = [row(at, title="") for at in range(40)]

    assert list(beside_others(rows, Random(3))) == rows  # noqa: S311 - no secret
