"""The transcript of one answer: numbers its sources, keeps its text, knows where each marker stands."""

from collections.abc import Sequence
from dataclasses import replace

from groundsel_pipelines.answering.evidence import Place
from groundsel_pipelines.citing import cite
from groundsel_pipelines.types import AnswerEvent, Document, Passage, Source, TextDelta


class Transcript:
    """Turns checked sentences into events; every sentence carries at least one marker."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.markers = {passage.passage_id: marker for marker, passage in enumerate(passages, start=1)}
        self.sources = tuple(Source(marker=marker, passage=passage) for marker, passage in enumerate(passages, start=1))
        self.text = ""

    def say(self, sentence: str, places: Sequence[tuple[Place, Document]]) -> tuple[AnswerEvent, ...]:
        """Give the events of one sentence: its text with a marker for each passage, then a citation for each place.

        Args:
            sentence: checked, or quoted.
            places: what carries it, each with its document as it is now.

        """
        before = " " if self.text else ""
        spans: dict[int, tuple[int, int]] = {}
        delta = before + sentence
        for marker in dict.fromkeys(self.markers[place.passage.passage_id] for place, _ in places):
            begin = len(self.text) + len(delta) + 1
            delta += f" [{marker}]"
            spans[marker] = (begin, len(self.text) + len(delta))
        self.text += delta
        citations = []
        for place, document in places:
            marker = self.markers[place.passage.passage_id]
            citation = cite(document, place.passage, place.start, place.end, answer=place.answer)
            citations.append(replace(citation, marker=marker, text_span=spans[marker]))
        return TextDelta(text=delta), *citations


def distinct_passages(places: Sequence[Place]) -> tuple[Passage, ...]:
    return tuple({place.passage.passage_id: place.passage for place in places}.values())
