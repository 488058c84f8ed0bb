"""What is foretold is what followed before."""

from groundsel_pipelines.models.decoding.drafting import drafted


def test_what_followed_the_last_two_tokens_before_is_foretold() -> None:
    assert drafted([1, 2, 3, 4, 5, 1, 2], 2) == [3, 4]


def test_the_latest_place_counts() -> None:
    assert drafted([1, 2, 3, 1, 2, 4, 1, 2], 1) == [4]


def test_nothing_is_foretold_after_what_is_new() -> None:
    assert list(drafted([1, 2, 3, 2, 1], 4)) == []


def test_no_more_is_foretold_than_asked_for_or_than_there_was() -> None:
    assert list(drafted([1, 2, 3, 1, 2], 0)) == []
    assert drafted([1, 2, 1, 2], 8) == [1, 2]
