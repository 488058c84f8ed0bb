"""ROUGE, with the arithmetic written out."""

import pytest

from groundsel_pipelines.evaluating.rouge import common_subsequence, rouge_l, rouge_n


def test_the_three_measures_of_one_pair() -> None:
    summary, reference = "The gunman killed the police.", "Police killed the gunman"

    assert rouge_n(summary, reference, 1) == pytest.approx(2 * 4 / (5 + 4))  # the, gunman, killed, police
    assert rouge_n(summary, reference, 2) == pytest.approx(2 * 2 / (4 + 3))  # "the gunman", "killed the"
    assert rouge_l(summary, reference) == pytest.approx(2 * 2 / (5 + 4))  # "the gunman", or "killed the"


def test_what_is_empty_has_nothing_in_common() -> None:
    assert rouge_n("", "", 1) == rouge_l("", "a") == rouge_n("a", "a", 2) == 0


def test_the_longest_common_subsequence_keeps_the_order() -> None:
    assert common_subsequence("abcbdab", "bdcaba") == 4
