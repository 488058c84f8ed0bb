"""Words are matched as the index sees them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsel_pipelines.words import LANGUAGES, stems, words


@pytest.mark.parametrize(
    ("language", "written", "also"),
    [
        ("en", "leaves", "leave"),
        ("en", "Policies", "policy"),
        ("fr", "congés", "Congé"),
        ("fr", "l'entreprise", "entreprises"),
        ("de", "Häuser", "hauser"),
        ("und", "Café", "cafe"),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, written: str, also: str) -> None:
    assert stems(written, language) == stems(also, language) != frozenset()


def test_stop_words_have_no_stem_but_a_place() -> None:
    assert [(word.start, word.stem) for word in words("The leave of Ann", "en")] == [
        (0, ""),
        (4, "leav"),
        (10, ""),
        (13, "ann"),
    ]


def test_a_number_keeps_its_separators() -> None:
    assert stems("1,250.50 at 10:30", "en") == {"1,250.50", "10:30"}


@given(st.text(), st.sampled_from([*LANGUAGES, "und", "zh"]))
def test_words_stand_in_order_where_they_say(text: str, language: str) -> None:
    found = words(text, language)

    assert all(0 <= word.start < word.end <= len(text) for word in found)
    assert all(before.start < after.start for before, after in pairwise(found))  # pairs of characters overlap


def test_writing_without_spaces_is_read_in_pairs_of_characters() -> None:
    assert [word.stem for word in words("年次有給休暇は25日", "ja")] == [
        *("年次", "次有", "有給", "給休", "休暇", "暇は"),
        "25",
        "日",
    ]
