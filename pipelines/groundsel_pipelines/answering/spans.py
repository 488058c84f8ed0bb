"""Spans: what a reader finds in the best passages, all in one batch, and which sentence each span stands in."""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import anyio
from anyio import to_thread

from groundsel_pipelines.answering.anchors import UNITS
from groundsel_pipelines.protocols import ModelOf, Reader, no_model
from groundsel_pipelines.reading import READING
from groundsel_pipelines.types import Passage, Reading
from groundsel_pipelines.words import shared_language

logger = logging.getLogger(__name__)

MOST_PASSAGES: Final = 8  # read for one question; an answer is made from five, unless more are asked for
SECONDS: Final = 1.0  # five passages take about .15 on two cores; what is not read by then is answered without
MOST_ODDS: Final = 7.0  # as a logarithm: beyond it a model says no more than that it is sure

UNIT: Final = re.compile(r"[\s\u00a0]?([^\W\d_]+|[%€$£¥°])(?!\w)")

Readings = Mapping[str, Reading]
"""By passage_id; empty where nothing was read."""
NOTHING_READ: Final[Readings] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Lets a reader read what was found. `seconds` is all that this may take."""

    readers: ModelOf[Reader] = no_model
    seconds: float = SECONDS

    async def of(self, question: str, passages: Sequence[Passage]) -> Readings:
        """Give what a reader finds in each passage; nothing where there is none, it is late, or it breaks."""
        first = passages[:MOST_PASSAGES]
        if self.readers is no_model or not first:
            return NOTHING_READ
        language = shared_language(question, first[0].language)

        def read() -> Readings:
            reader = self.readers(first[0].collection, language)
            if reader is None:
                return NOTHING_READ
            found = reader.read(question, [passage.text for passage in first])
            return {passage.passage_id: reading for passage, reading in zip(first, found, strict=True)}

        try:
            with anyio.fail_after(self.seconds):
                return await to_thread.run_sync(read, abandon_on_cancel=True, limiter=READING)
        except Exception as error:  # noqa: BLE001 - whatever breaks in the model, sentences can be chosen without it
            logger.warning("the reader was left out: %s", str(error) or type(error).__name__)
            return NOTHING_READ


NO_SPANS: Final = Spans()


def span_within(reading: Reading | None, passage: Passage, start: int, end: int) -> tuple[int, int] | None:
    """Give a passage's span if it begins within `[start:end]` of the document, as far as it stands there.

    A span that runs on beyond its sentence, list item or row mostly does so at its end. What is returned are code
    points into the document.
    """
    if reading is None or reading.end <= reading.start:
        return None
    first, last = passage.start + reading.start, passage.start + reading.end
    return (first, min(last, end)) if start <= first < end else None


def with_unit(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Take the unit of a number into the span: of "27 days", a reader often gives "27"."""
    first, last = span
    found = UNIT.match(text, last) if text[last - 1 : last].isdigit() else None
    return (first, found.end()) if found and found[1].lower() in UNITS else span


def odds(probability: float) -> float:
    """Give the logarithm of the odds, within MOST_ODDS on either side."""
    least = 1 / (1 + math.exp(MOST_ODDS))
    clipped = min(max(probability, least), 1 - least)
    return math.log(clipped / (1 - clipped))
