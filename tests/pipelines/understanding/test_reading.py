"""The query language: what is read out of a question, where it stands, and how it is undone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsel_pipelines.types import Filter, QueryPlan
from groundsel_pipelines.understanding import read

TODAY = date(2026, 11, 25)  # a Wednesday


def plan(text: str, *undone: str) -> QueryPlan:
    return read(text, today=TODAY, undone=frozenset(undone))


def dated(gte: str | None, lte: str | None) -> tuple[Filter, ...]:
    return (Filter(field="updated_at", op="range", gte=gte, lte=lte),)


def test_a_quoted_phrase_is_ranked_by_and_is_a_condition() -> None:
    found = plan('rules for "annual leave" today?')

    assert found.words == "rules for annual leave today?"
    assert found.phrases == ("annual leave",)
    assert next((part.kind, part.text, part.becomes) for part in found.parts) == (
        "phrase", '"annual leave"', '"annual leave"'
    )  # fmt: skip


@pytest.mark.parametrize("text", ["« congé annuel »", "“congé annuel”", '"congé annuel"'])
def test_quotes_are_read_as_people_type_them(text: str) -> None:
    assert plan(text).phrases == ("congé annuel",)


def test_a_field_that_visible_documents_have_is_a_condition_and_any_other_name_a_word() -> None:
    found = read('leave author:kern -from:"Anna Kern" note:this', today=TODAY, fields={"author", "from"})

    assert found.words == "leave note:this"
    assert found.filters == (
        Filter(field="metadata.author", op="in", values=("kern",)),
        Filter(field="metadata.from", op="not_in", values=("Anna Kern",)),
    )
    assert [part.becomes for part in found.parts] == ['author:"kern"', '-from:"Anna Kern"']


def test_what_is_excluded_is_not_ranked_by() -> None:
    found = plan('leave -travel -"sick leave"')

    assert found.words == "leave"
    assert found.excluded == ("travel", "sick leave")


@pytest.mark.parametrize(
    "text",
    ["e-mail", "from 5 -20 degrees", "a - b", 'an " alone', "10:30", "note: read", "http://host/x", "-the", '"to be"'],
)
def test_what_only_looks_like_an_operator_stays_words(text: str) -> None:
    found = plan(text)

    assert found.parts == ()
    assert found.words == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("type:pdf", Filter(field="media_type", op="in", values=("pdf",))),
        ("type:Word,excel", Filter(field="media_type", op="in", values=("docx", "xlsx"))),
        ("-type:pdf", Filter(field="media_type", op="not_in", values=("pdf",))),
        ("langue:français", Filter(field="language", op="in", values=("fr",))),
        ('source:"Our wiki"', Filter(field="source", op="in", values=("Our wiki",))),
    ],
)
def test_a_field_that_may_be_asked_for_is_a_filter(text: str, expected: Filter) -> None:
    found = plan(f"leave {text}")

    assert (found.words, found.filters) == ("leave", (expected,))


@pytest.mark.parametrize(
    ("text", "gte", "lte"),
    [
        ("since:2025-03", "2025-03-01", None),
        ("after:2025-03", "2025-04-01", None),
        ("before:2025", None, "2024-12-31"),
        ("until:2024-02", None, "2024-02-29"),
        ("on:2025-03-01", "2025-03-01", "2025-03-01"),
        ("depuis:2025-03", "2025-03-01", None),
        ("since March 2025", "2025-03-01", None),
        ("depuis mars 2025", "2025-03-01", None),
        ("avant le 1er mars 2025", None, "2025-02-28"),
        ("before 14 July 2025", None, "2025-07-13"),
        ("since 2025-03-09", "2025-03-09", None),
        ("last week", "2026-11-16", "2026-11-22"),
        ("this week", "2026-11-23", "2026-11-25"),
        ("la semaine dernière", "2026-11-16", "2026-11-22"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("le mois dernier", "2026-10-01", "2026-10-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("l'an dernier", "2025-01-01", "2025-12-31"),
        ("cette année", "2026-01-01", "2026-11-25"),
        ("past 3 months", "2026-08-25", "2026-11-25"),
        ("les 7 derniers jours", "2026-11-18", "2026-11-25"),
        ("yesterday", "2026-11-24", "2026-11-24"),
        ("hier", "2026-11-24", "2026-11-24"),
    ],
)
def test_dates_are_read_in_english_and_french(text: str, gte: str | None, lte: str | None) -> None:
    found = plan(f"leave {text}")

    assert (found.words, found.filters) == ("leave", dated(gte, lte))


@pytest.mark.parametrize("text", ["since 1250", "since:soon", "since:2025-13", "before:2025-02-31"])
def test_what_is_no_date_stays_words(text: str) -> None:
    assert plan(text).filters == ()


def test_a_date_in_a_sentence_that_asks_is_only_offered() -> None:
    found = plan("What has changed since 2020?")

    assert (found.words, found.filters) == ("What has changed since 2020?", ())
    assert [(part.becomes, part.applied) for part in found.parts] == [("since:2020-01-01", False)]


def test_each_part_can_be_undone_alone() -> None:
    text = 'report "annual leave" -draft type:pdf since:2025'
    parts = plan(text).parts

    for part in parts:
        without = plan(text, part.part_id)
        assert [other.part_id for other in without.parts] == [each.part_id for each in parts if each != part]
    undone = plan(text, *(part.part_id for part in parts))
    assert (undone.words, undone.phrases, undone.excluded, undone.filters) == (text, (), (), ())


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(['"', "-", "a", "type:", "since ", "2025", "«", " ", ":"])).map("".join)
)
def test_any_text_is_read_and_each_part_stands_where_it_says(text: str) -> None:
    found = plan(text)

    assert all(text[part.start : part.end] == part.text for part in found.parts)
    assert [part.start for part in found.parts] == sorted(part.start for part in found.parts)
    assert all(a.end <= b.start for a, b in zip(found.parts, found.parts[1:], strict=False))
