"""The transcript numbers sources once and knows where each marker stands in the whole text."""

from groundsel_pipelines.answering.evidence import Place, places
from groundsel_pipelines.answering.transcript import Transcript, distinct_passages
from groundsel_pipelines.types import Citation, Document, Hit, TextDelta
from small_corpus import indexed

LEAVE = indexed("leave.md", "Employees get 25 days. It ends in March.", title="Leave")
TRAVEL = indexed("travel.md", "Trains are booked.", title="Travel")
DOCUMENTS = {held.document.doc_id: held.document for held in (LEAVE, TRAVEL)}
HITS = tuple(
    Hit(passage=held.passages[0], rank=rank, score=1.0, retriever="fused")
    for rank, held in enumerate((LEAVE, TRAVEL), 1)
)
FIRST, SECOND, TRAINS = places(HITS, DOCUMENTS)


def held(place: Place) -> tuple[Place, Document]:
    return place, place.document


def test_each_sentence_carries_its_markers_and_citations() -> None:
    transcript = Transcript(distinct_passages([FIRST, SECOND, TRAINS]))

    events = [
        *transcript.say("Leave is 25 days and ends in March.", [held(FIRST), held(SECOND)]),
        *transcript.say("Both are policy.", [held(FIRST), held(TRAINS)]),
    ]

    assert [source.marker for source in transcript.sources] == [1, 2]
    assert transcript.text == "Leave is 25 days and ends in March. [1] Both are policy. [1] [2]"
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == transcript.text
    citations = [event for event in events if isinstance(event, Citation)]
    assert [citation.quote for citation in citations] == [FIRST.text, SECOND.text, FIRST.text, TRAINS.text]
    assert [transcript.text[slice(*citation.text_span)] for citation in citations] == ["[1]", "[1]", "[1]", "[2]"]


def test_a_passage_is_a_source_once_in_the_order_of_its_first_place() -> None:
    assert distinct_passages([TRAINS, FIRST, SECOND]) == (TRAINS.passage, FIRST.passage)
