"""Corrections: which words are mended, as what, and what is left as it is."""

from datetime import date

import pytest

from groundsel_pipelines.types import QueryPlan, Vocabulary
from groundsel_pipelines.understanding import corrections, read, with_parts

WORDS = Vocabulary(
    words={
        "annual": 40,
        "leave": 60,
        "leaves": 3,
        "manual": 2,
        "congés": 9,
        "holiday": 12,
        "reimbursement": 5,
        "cafe": 1,
    }
)


def corrected(text: str, *undone: str, vocabulary: Vocabulary = WORDS) -> QueryPlan:
    plan = read(text, today=date(2026, 1, 1))
    return with_parts(plan, corrections(plan, vocabulary), frozenset(undone))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anual leave", "annual leave"),
        ("annual laeve", "annual leave"),
        ("riembursememt", "reimbursement"),
        ("cognés", "congés"),
        ("Annaul leave?", "annual leave?"),
    ],
)
def test_a_word_that_no_visible_document_holds_becomes_the_nearest_one(typed: str, meant: str) -> None:
    assert corrected(typed).words == meant


@pytest.mark.parametrize(
    "text",
    [
        "annual leave",
        "holidays",
        "CONGES",
        "reimbursment",
        "conge",
        "café",
        "whom",
        "lea",
        "SLAA",
        "x1annual",
        "xylophone",
        '"anual leave"',
        "-anual leave",
    ],
)
def test_what_is_known_by_its_stem_common_short_quoted_or_far_from_everything_stays(text: str) -> None:
    assert [part for part in corrected(text).parts if part.kind == "correction"] == []


def test_a_correction_says_where_it_stands_and_is_undone() -> None:
    (part,) = corrected("for anual leave").parts

    assert (part.part_id, part.text, part.becomes) == ("correction:4", "anual", "annual")
    assert corrected("for anual leave", "correction:4").words == "for anual leave"


def test_the_next_best_word_is_offered_where_it_is_as_near() -> None:
    parts = corrected("anual", vocabulary=Vocabulary(words={"annual": 40, "manual": 30})).parts

    assert [(part.becomes, part.applied) for part in parts] == [("annual", True), ("manual", False)]


def test_nothing_is_corrected_by_an_empty_vocabulary() -> None:
    assert corrected("anual", vocabulary=Vocabulary(words={})).parts == ()
