"""Numbers are written in one way and keep their units, names are told from words that only begin a sentence."""

import pytest

from groundsel_pipelines.answering.anchors import anchors, limits, number_value


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("25", "25"),
        ("007", "7"),
        ("0", "0"),
        ("1,250", "1250"),
        ("1.250", "1250"),
        ("1,250.50", "1250.5"),
        ("1250.5", "1250.5"),
        ("1250,50", "1250.5"),
        ("2.00", "2"),
        ("10:30", "10:30"),
        ("3.1.4", "3.1.4"),
        ("twelve", "12"),
        ("Twenty", "20"),
        ("leave", None),
    ],
)
def test_a_number_is_written_in_one_way(word: str, value: str | None) -> None:
    assert number_value(word, "en") == value


def test_a_number_keeps_the_words_and_signs_beside_it_as_units() -> None:
    price, share, day = (
        anchor.units
        for anchor in anchors("It costs EUR 12 a month, less 5% from May 3 on", "en")
        if anchor.kind == "number"
    )

    assert price >= {"eur", "month"}
    assert "%" in share
    assert "may" in day


def test_a_name_is_a_capital_inside_a_sentence() -> None:
    names = [anchor.value for anchor in anchors("The firm hired Ann. Later Bob left Siemens's board", "en")]

    assert names == ["ann", "bob", "siemens"]


@pytest.mark.parametrize(
    ("text", "turning"),
    [
        ("It is not allowed.", {"not"}),
        ("It isn't allowed.", {"not"}),
        ("It isn’t allowed.", {"not"}),
        ("Ce n'est pas permis, sauf le lundi.", {"pas", "sauf"}),
        ("Nur mit Antrag, nie ohne.", {"nur", "nie", "ohne"}),
        ("It is allowed.", set()),
    ],
)
def test_words_that_turn_or_limit_a_sentence_are_found(text: str, turning: set[str]) -> None:
    assert limits(text) == turning
