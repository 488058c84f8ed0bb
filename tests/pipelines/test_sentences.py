"""Sentences are found at exact offsets, whatever the text holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsel_pipelines.sentences import sentence_spans

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "sv", "ja", "zh", "ar", "ru", "und", "xx")
TRICKY = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from(
            ("Dr. ", "z. B. ", "e.g. ", ". ", "!\n", "\r\n", "\t", "\u2003", "J. K. ", "。", "😀", "é", "…»")
        ),
    ),
    max_size=60,
).map("".join)


def sentences(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, language)]


@given(text=TRICKY, language=st.sampled_from(LANGUAGES))
def test_spans_are_ordered_trimmed_and_hold_all_that_is_not_space(text: str, language: str) -> None:
    spans = sentence_spans(text, language)

    covered = [False] * len(text)
    last = 0
    for start, end in spans:
        assert last <= start < end
        assert text[start:end] == text[start:end].strip()
        assert not {"\n", "\r"} & set(text[start:end])
        covered[start:end] = [True] * (end - start)
        last = end
    assert all(inside or character.isspace() for inside, character in zip(covered, text, strict=True))


def test_abbreviations_and_decimals_do_not_end_a_sentence() -> None:
    assert sentences("Dr. Smith paid 3.50 EUR. He left.") == ["Dr. Smith paid 3.50 EUR.", "He left."]


def test_every_line_is_at_least_one_sentence() -> None:
    assert sentences("Prices\r\n- one\n- two\n\na | b | c") == ["Prices", "- one", "- two", "a | b | c"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Signé par M. Dupont. M. Roy part !", ["Signé par M. Dupont.", "M. Roy part !"]),
        ("de", "Das gilt z. B. hier. Sonst nicht.", ["Das gilt z. B. hier.", "Sonst nicht."]),
        ("zh", "你好。世界很大。", ["你好。", "世界很大。"]),
        ("en", "Hello 😀 there. Fine.", ["Hello 😀 there.", "Fine."]),
    ],
)
def test_sentences_of_several_languages(language: str, text: str, expected: list[str]) -> None:
    assert sentences(text, language) == expected


def test_wide_space_after_an_initial_is_no_panic() -> None:
    assert sentences("A.\u2003Meyer came. B\u2003C.")
