"""Numbers are written in one way and keep their units, names are told from words that only begin a sentence."""

import pytest

from groundsel_pipelines.answering.anchors import names, read_tokens
from groundsel_pipelines.answering.numbers import number_value
from groundsel_pipelines.answering.quantities import canonical


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


def test_a_number_keeps_its_unit_or_the_words_beside_it() -> None:
    price, share, boats = (
        token.units
        for token in read_tokens(canonical("It costs EUR 12 a month, less 5 percent for 3 blue boats", "en"), "en")
        if token.kind == "number"
    )

    assert [set(unit) for unit in (price, share, boats)] == [{"€"}, {"%"}, {"blue", "boat"}]


def test_a_name_is_a_capital_inside_a_sentence() -> None:
    assert names("The firm hired Ann. Later Bob left Siemens's board", "en") == ("ann", "bob", "siemens")


@pytest.mark.parametrize(
    ("text", "language", "turning"),
    [
        ("It is not allowed.", "en", ["not"]),
        ("It isn't allowed.", "en", ["not"]),
        ("It isn’t allowed.", "en", ["not"]),
        ("Ce n'est pas permis, sauf le lundi.", "fr", ["not", "except"]),
        ("Nur mit Antrag, nie ohne.", "de", ["only", "not", "not"]),
        ("No se permite, salvo los lunes.", "es", ["not", "except"]),
        ("It has to be allowed.", "en", ["must"]),
        ("It is allowed.", "en", []),
    ],
)
def test_words_that_turn_or_limit_a_sentence_are_found(text: str, language: str, turning: list[str]) -> None:
    tokens = read_tokens(canonical(text, language), language)

    assert [token.turning for token in tokens if token.turning] == turning
