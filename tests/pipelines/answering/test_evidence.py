"""Evidence is sentences at their exact places, each once, under their headings, the best one first."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundsel_pipelines.answering.evidence import READ_WEIGHT, Place, coverage, places, rarity, score
from groundsel_pipelines.answering.questions import read_question
from groundsel_pipelines.types import Block, Hit, IndexedDocument, Ranking, Reading
from small_corpus import EMBEDDER, indexed

LEAVE = indexed("leave.md", "Employees get 25 days of leave. It ends in March.", title="Leave policy")
TEXT = "Prices\nSensor | Price\nKestrel | 900\nHeron | 1200\nDiscounts\nTen units cost less."


def with_table() -> IndexedDocument:
    held = indexed("prices.csv", TEXT, title="Price list")
    blocks = (
        Block(kind="heading", start=0, end=6, level=1),
        Block(kind="table", start=7, end=TEXT.index("\nDiscounts")),
        Block(kind="heading", start=TEXT.index("Discounts"), end=TEXT.index("\nTen"), level=2),
        Block(kind="paragraph", start=TEXT.index("Ten"), end=len(TEXT)),
    )
    return replace(held, document=replace(held.document, blocks=blocks))


def ranking(*documents: IndexedDocument) -> Ranking:
    passages = [passage for held in documents for passage in held.passages]
    return tuple(
        Hit(passage=passage, rank=rank, score=1.0, retriever="fused") for rank, passage in enumerate(passages, 1)
    )


def found(*documents: IndexedDocument) -> tuple[Place, ...]:
    return places(ranking(*documents), {held.document.doc_id: held.document for held in documents})


def test_a_passage_gives_its_sentences_at_their_places() -> None:
    first, second = found(LEAVE)

    assert (first.text, second.text) == ("Employees get 25 days of leave.", "It ends in March.")
    assert LEAVE.document.text[second.start : second.end] == second.text
    assert first.context == "Leave policy"


def test_headings_are_context_and_a_row_stands_below_its_tables_first_row() -> None:
    spots = found(with_table())

    assert [spot.text for spot in spots] == [
        "Sensor | Price",
        "Kestrel | 900",
        "Heron | 1200",
        "Ten units cost less.",
    ]
    assert spots[1].context == "Price list\nPrices\nSensor | Price"
    assert spots[3].context == "Price list\nPrices\nDiscounts"


def test_a_sentence_of_two_passages_is_evidence_once() -> None:
    twice = ranking(LEAVE, LEAVE)

    assert len(places(twice, {LEAVE.document.doc_id: LEAVE.document})) == 2


@pytest.mark.parametrize("documents", [{}, {"docs/leave.md": replace(LEAVE.document, text="Something else now.")}])
def test_a_passage_that_its_document_no_longer_holds_gives_nothing(documents: dict[str, object]) -> None:
    assert places(ranking(LEAVE), documents) == ()  # type: ignore[arg-type]


def test_the_sentence_that_holds_the_questions_words_comes_first() -> None:
    spots = found(LEAVE, with_table())
    question = read_question("What is the price of the Heron?", "en")

    best = score(question, spots, EMBEDDER)[0]

    assert best.place.text == "Heron | 1200"
    assert best.overlap == max(each.overlap for each in score(question, spots, EMBEDDER))


def test_the_sentence_that_holds_what_a_reader_found_is_worth_more_the_surer_it_is() -> None:
    (passage,) = LEAVE.passages
    spots, question = found(LEAVE), read_question("How many days of leave?", "en")
    start = passage.text.index("March")
    reading = Reading(start=start, end=start + 5, answerable=0.5, confidence=0.9)

    plain = {each.place.text: each.score for each in score(question, spots, EMBEDDER)}
    read = {each.place.text: each for each in score(question, spots, EMBEDDER, {passage.passage_id: reading})}

    last = read["It ends in March."]
    assert last.score == pytest.approx(plain["It ends in March."] + READ_WEIGHT * 0.5)
    assert read["Employees get 25 days of leave."].score == plain["Employees get 25 days of leave."]
    assert last.place.answer is not None
    assert LEAVE.document.text[slice(*last.place.answer)] == "March"


def test_a_word_of_which_no_sentence_speaks_weighs_the_most() -> None:
    weights = rarity(read_question("Heron leave submarine", "en"), found(LEAVE, with_table()))

    assert weights["submarin"] > weights["heron"] >= weights["leav"]
    assert list(weights) == sorted(weights)  # summed in one order, a score is the same in every process
    assert coverage(weights, frozenset(weights)) == 1
    assert coverage(weights, frozenset()) == coverage({}, frozenset({"leav"})) == 0


@settings(max_examples=80, deadline=None)
@given(st.text(st.sampled_from("ab1. \n\r\u2003é🌱|-#"), max_size=200))
def test_every_place_is_a_part_of_its_document_and_passage(text: str) -> None:
    for spot in found(indexed("any.md", text)):
        assert spot.text == text[spot.start : spot.end]
        assert spot.text.strip() == spot.text != ""
        assert spot.passage.start <= spot.start < spot.end <= spot.passage.end
