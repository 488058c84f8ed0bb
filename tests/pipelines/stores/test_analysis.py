"""A question becomes the terms of the languages it may be in, as often as it asks for them."""

from groundsel_pipelines.stores.analysis import OTHER, asked_terms, indexed_terms


def test_a_word_asked_for_twice_counts_twice() -> None:
    assert asked_terms("leave and the leaves of trees", {"en": 5}) == ["leav", "leav", "tree"]


def test_what_a_few_stray_documents_are_in_adds_no_terms() -> None:
    assert asked_terms("The reports on the compilers", {"en": 900, "und": 90, "la": 10}) == ["report", "compil"]


def test_where_two_languages_are_as_likely_both_write_the_question() -> None:
    terms = asked_terms("transports", {"en": 50, "fr": 50})

    assert {"transport"} <= set(terms)
    assert len(terms) == len(set(terms))


def test_chinese_is_found_by_a_part_of_what_is_written_together() -> None:
    assert set(asked_terms("休暇", {"ja": 5})) <= set(indexed_terms("年次有給休暇は25日です", OTHER))


def test_a_product_name_within_chinese_stays_one_term() -> None:
    assert indexed_terms("使用GRX500型号", OTHER) == ["使用", "grx500", "型号"]
