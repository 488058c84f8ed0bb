"""What a reader finds is brought to the sentences it stands in; one that is late or breaks is done without."""

import threading
from collections.abc import Sequence

import anyio
import pytest

from fakes import FindingReader
from groundsel_pipelines.answering.spans import MOST_ODDS, MOST_PASSAGES, Spans, odds, span_within, with_unit
from groundsel_pipelines.types import Passage, Reading
from small_corpus import indexed

TEXT = "Employees get 25 days of leave. It ends in March."
(PASSAGE,) = indexed("leave.md", TEXT).passages
FIRST, SECOND = (0, 31), (32, 49)


def reading(words: str) -> Reading:
    start = TEXT.index(words)
    return Reading(start=start, end=start + len(words), answerable=0.9, confidence=0.9)


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        ("25 days", (14, 21), None),
        ("March", None, (43, 48)),
        ("25 days of leave. It ends", (14, 31), None),  # what runs on is cut off
    ],
)
def test_a_span_belongs_to_the_sentence_that_it_begins_in(
    words: str, first: tuple[int, int] | None, second: tuple[int, int] | None
) -> None:
    assert span_within(reading(words), PASSAGE, *FIRST) == first
    assert span_within(reading(words), PASSAGE, *SECOND) == second


@pytest.mark.parametrize(
    ("text", "number", "marked"),
    [
        ("27 days of leave", "27", "27 days"),
        ("4.5% of it", "4.5", "4.5%"),
        ("14 characters", "14", "14"),
        ("in 2026 prices rise", "2026", "2026"),
        ("May 2026", "May", "May"),
        ("27", "27", "27"),
    ],
)
def test_a_number_is_marked_with_its_unit(text: str, number: str, marked: str) -> None:
    start = text.index(number)
    assert text[slice(*with_unit(text, (start, start + len(number))))] == marked


def test_nothing_read_and_an_empty_span_belong_nowhere() -> None:
    assert span_within(None, PASSAGE, *FIRST) is None
    assert span_within(Reading(start=3, end=3, answerable=1, confidence=1), PASSAGE, *FIRST) is None


@pytest.mark.parametrize(("probability", "told"), [(0.5, 0.0), (0.0, -MOST_ODDS), (1.0, MOST_ODDS), (0.731059, 1.0)])
def test_odds_are_bounded(probability: float, told: float) -> None:
    assert odds(probability) == pytest.approx(told, abs=1e-4)


class Hanging(FindingReader):
    let_go = threading.Event()

    def read(self, question: str, passages: Sequence[str]) -> tuple[Reading, ...]:
        self.let_go.wait()
        return ()


def of(spans: Spans, passages: Sequence[Passage], question: str = "How many days?") -> dict[str, Reading]:
    return dict(anyio.run(spans.of, question, passages))


def test_a_reader_that_hangs_is_waited_for_no_longer_than_its_time() -> None:
    try:
        assert of(Spans(readers=lambda _, __: Hanging(""), seconds=0.05), [PASSAGE]) == {}
    finally:
        Hanging.let_go.set()


def test_the_best_passages_are_read_by_the_reader_of_their_collection_and_language() -> None:
    asked: list[tuple[str, str]] = []

    def readers(collection: str, language: str, /) -> FindingReader:
        asked.append((collection, language))
        return FindingReader("25 days")

    passages = [indexed(f"{number}.md", TEXT).passages[0] for number in range(20)]

    found = of(Spans(readers=readers), passages)

    assert asked == [("docs", "en")]
    assert list(found) == [passage.passage_id for passage in passages[:MOST_PASSAGES]]


def test_a_question_in_another_language_than_the_passages_is_nobodys_by_itself() -> None:
    asked: list[str] = []

    def readers(_: str, language: str, /) -> None:
        asked.append(language)

    assert of(Spans(readers=readers), [PASSAGE], "Wie viele Tage Urlaub gibt es für uns?") == {}
    assert asked == ["und"]
