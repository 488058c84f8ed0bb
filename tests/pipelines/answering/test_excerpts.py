"""The words that a model gives for an answer are shown in their sentence, cut to what still says the same."""

from groundsel_pipelines.answering.excerpts import MOST_WORDS, excerpt, span_of

SHORT = "Employees get 25 days of leave a year."
LONG = (
    "The travel desk, which is on the third floor of the main building beside the post room, books flights, trains "
    "and hotels for trips of more than 120 km that the head of a department has signed for in the travel form of the "
    "house."
)


def shown(words: str, sentence: str) -> str | None:
    return excerpt(words, sentence, context="", language="en")


def test_a_short_sentence_is_shown_as_it_is_with_the_words_marked() -> None:
    assert shown("25 days", SHORT) == SHORT
    assert span_of("25 days", SHORT) == (14, 21)


def test_of_a_long_sentence_the_words_around_are_shown() -> None:
    found = shown("flights, trains and hotels", LONG)

    assert found
    assert found.startswith("…")
    assert found.endswith("…")
    assert found.strip("…") in LONG
    assert len(found.split()) == MOST_WORDS
    assert LONG[slice(*(span_of("flights, trains and hotels", LONG) or ()))] == "flights, trains and hotels"


def test_at_an_end_of_the_sentence_more_of_the_other_side_is_shown() -> None:
    first, last = shown("The travel desk", LONG), shown("the house", LONG)

    assert first
    assert last
    assert first.startswith("The travel desk, which")
    assert last.endswith("of the house.")
    assert len(first.split()) == len(last.split()) == MOST_WORDS


def test_a_sentence_whose_condition_would_be_cut_off_is_shown_whole() -> None:
    told = LONG.replace("of the house.", "of the house, unless a client pays for it.")

    assert shown("third floor", told) == told
    assert span_of("third floor", told) == (33, 44)


def test_words_are_found_in_whatever_case_and_only_whole() -> None:
    assert shown("EMPLOYEES", SHORT) == SHORT
    assert span_of("EMPLOYEES", SHORT) == (0, 9)
    assert shown("5 days", SHORT) is None
    assert shown("", SHORT) is None


def test_an_answer_longer_than_an_excerpt_is_shown_whole() -> None:
    found = shown(LONG.removesuffix("."), LONG)

    assert found
    assert found.rstrip(".") == LONG.rstrip(".")
