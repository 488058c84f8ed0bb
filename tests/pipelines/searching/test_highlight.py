"""Snippets show where a passage matches, and are safe to show."""

import re

from hypothesis import given
from hypothesis import strategies as st

from groundsel_pipelines.searching.highlight import SNIPPET_CHARACTERS, snippets
from groundsel_pipelines.types import Passage
from small_corpus import indexed


def passage(text: str) -> Passage:
    return indexed("a.md", text).passages[0]


def test_matched_words_are_marked_by_stem() -> None:
    assert snippets("leaves", passage("Your leave is paid.")) == ("Your <em>leave</em> is paid.",)


def test_the_sentences_that_match_best_are_shown_in_reading_order() -> None:
    text = "Lunch is at noon. Holidays are planned in May. Nothing here. Annual leave is 25 days."

    assert snippets("annual leave holiday", passage(text)) == (
        "<em>Holidays</em> are planned in May.",
        "<em>Annual</em> <em>leave</em> is 25 days.",
    )


def test_a_heading_is_not_shown_alone_but_with_the_sentence_it_stands_above() -> None:
    text = "Daily allowance\nFor meals it is 38 pounds on trips of more than eight hours."

    assert snippets("travel allowance", passage(text)) == (
        "Daily <em>allowance</em>",
        "For meals it is 38 pounds on trips of more than eight hours.",
    )


def test_of_as_many_words_a_whole_sentence_goes_before_a_heading() -> None:
    text = "Daily allowance\nThe allowance for meals is 38 pounds on trips of more than eight hours."

    assert snippets("travel allowance", passage(text)) == (
        "The <em>allowance</em> for meals is 38 pounds on trips of more than eight hours.",
    )


def test_words_that_only_ask_are_no_match_unless_there_are_no_others() -> None:
    text = "Who may be in the building. The queen of Denmark visited us."

    assert snippets("Who is the queen of Denmark?", passage(text)) == (
        "The <em>queen</em> of <em>Denmark</em> visited us.",
    )
    assert snippets("who", passage(text)) == ("<em>Who</em> may be in the building.",)


def test_an_item_is_shown_without_the_mark_of_its_list() -> None:
    assert snippets("leave", passage("- Paid leave\n- Lunch")) == ("Paid <em>leave</em>",)


def test_in_writing_without_spaces_the_whole_match_is_marked() -> None:
    assert snippets("有給休暇", passage("年次有給休暇は25日です。")) == ("年次<em>有給休暇</em>は25日です。",)


def test_markup_in_a_document_is_escaped() -> None:
    assert snippets("leave", passage("<em>Leave</em> & <script>alert(1)</script>")) == (
        "&lt;em&gt;<em>Leave</em>&lt;/em&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;",
    )


def test_without_a_match_the_longest_sentence_is_shown() -> None:
    assert snippets("zebra", passage("Short one. This sentence is longer.")) == ("This sentence is longer.",)


def test_a_long_sentence_is_cut_around_its_first_match() -> None:
    (snippet,) = snippets("leave", passage("word " * 90 + "leave " + "more " * 20))

    assert snippet.startswith("…")
    assert "<em>leave</em>" in snippet
    assert len(snippet) <= SNIPPET_CHARACTERS + len("……<em></em>")


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_a_snippet_holds_no_markup_but_its_own(text: str, question: str) -> None:
    held = indexed("a.md", text).passages
    for snippet in (found for each in held for found in snippets(question, each)):
        plain = re.sub(r"</?em>", "", snippet)

        assert "<" not in plain
        assert ">" not in plain
