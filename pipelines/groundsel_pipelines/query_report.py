"""What a query log tells: the questions that found nothing, those whose results nobody opened, and what was right."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SAID_GOOD: Final = frozenset({"click", "up"})
SAID_BAD: Final = frozenset({"down"})


@dataclass(slots=True, kw_only=True)
class Asked:
    """One question, as often as it was asked, however it was cased and spaced."""

    text: str
    times: int = 0
    without_results: int = 0  # times that no document held any of its words: what is near in meaning is always found
    not_told: int = 0  # times that an answer was asked for, and the documents had none
    clicked: int = 0  # times that a result was opened
    last: str = ""  # ISO 8601
    good: dict[str, int] = field(default_factory=dict[str, int])  # doc_id -> clicks and thumbs up, less thumbs down


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Most frequent first in each list."""

    searches: int
    questions: tuple[Asked, ...]
    without_results: tuple[Asked, ...]
    without_clicks: tuple[Asked, ...]  # though there were results
    not_told: tuple[Asked, ...]  # of which the documents held no answer


def report(lines: Iterable[Mapping[str, Any]]) -> Report:
    """Gather a log. Questions of which only a hash was kept are shown by it."""
    questions: dict[str, Asked] = {}
    of_request: dict[str, Asked] = {}
    searches = 0
    for line in lines:
        event, own = line["event"], line["groundsel"]
        if event["action"] in {"search", "answer"} and own["query"]:
            key = own["query"]["hash"]
            asked = questions.setdefault(key, Asked(text=own["query"].get("text", f"#{key}")))
            asked.last = line["@timestamp"]
            if event["action"] == "answer":
                asked.not_told += own["answer"]["status"] == "not_in_documents"
            else:
                searches += 1
                asked.times += 1
                asked.without_results += own["hits"]["total"] == 0 or not own["hits"].get("worded", True)
                of_request[event["id"]] = asked
        elif (found := of_request.get(event["id"])) and own.get("document"):
            found.clicked += own["feedback"] == "click"
            change = (own["feedback"] in SAID_GOOD) - (own["feedback"] in SAID_BAD)
            found.good[own["document"]] = found.good.get(own["document"], 0) + change
    ordered = tuple(sorted(questions.values(), key=lambda asked: (-asked.times, asked.text)))
    return Report(
        searches=searches,
        questions=ordered,
        without_results=tuple(asked for asked in ordered if asked.times and asked.without_results == asked.times),
        without_clicks=tuple(asked for asked in ordered if not asked.clicked and asked.without_results < asked.times),
        not_told=tuple(sorted((asked for asked in ordered if asked.not_told), key=lambda asked: -asked.not_told)),
    )


def judged(found: Report) -> Mapping[str, tuple[str, ...]]:
    """Give, by question, the documents that were opened or called right more often than wrong."""
    right: dict[str, list[str]] = defaultdict(list)
    for asked in found.questions:
        if not asked.text.startswith("#"):
            right[asked.text] += [doc_id for doc_id, times in asked.good.items() if times > 0]
    return {text: tuple(doc_ids) for text, doc_ids in right.items() if doc_ids}
