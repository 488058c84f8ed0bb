"""Asking an answerer over a few documents: models that break and hang, stores that change, and what was said."""

import threading
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace

import anyio

from fakes import ScriptedModel
from groundsel_pipelines.answering import Answerer
from groundsel_pipelines.answering.gate import Gate
from groundsel_pipelines.answering.generating import Bulkhead
from groundsel_pipelines.answering.spans import NO_SPANS, Spans
from groundsel_pipelines.answering.verifying import NO_VERIFICATION, Verification
from groundsel_pipelines.errors import Unavailable
from groundsel_pipelines.fusion import min_max_linear
from groundsel_pipelines.protocols import LanguageModel, Prompt, Reader, Verifier
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.stores.memory import MemoryStore
from groundsel_pipelines.types import (
    AnswerEvent,
    AnswerRequest,
    Citation,
    Document,
    Failure,
    Finish,
    ResultsFound,
    Source,
    SummaryRequest,
    TextDelta,
)
from small_corpus import EMBEDDER, STAFF, indexed

LEAVE = indexed("leave.md", "Employees get 25 days of annual leave. Unused leave ends in March.", title="Leave")
TRAVEL = indexed("travel.md", "Trains are booked in second class. Ask before a flight.", title="Travel")
BOARD = indexed("board.md", "Directors get 40 days of annual leave.", allowed=frozenset({"group:board"}))
QUESTION = "How many days of annual leave do employees get?"
POLICY = indexed(
    "policy.md",
    "# Leave\n\nSee below.\n\n"
    "All employees receive twenty-five paid working days of leave every calendar year.\n\n"
    "Managers approve requests for long absences within two working weeks.\n",
    title="Leave policy",
)
JOURNEYS = indexed("journeys.md", "Long train journeys are always booked in second class by the travel office.")
WORDS_DECIDE = Gate(intercept=-1, weights={"overlap": 2}, threshold=0.5)  # half of the question's words are enough
OPEN = Gate(intercept=1, weights={}, threshold=0)
RIGHT = "Employees get 25 days of annual leave."
WRONG = "Employees get 90 days of annual leave."


class Broken(ScriptedModel):
    """Says its lines, then breaks."""

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        yield from super().generate(prompt, max_tokens=max_tokens)
        raise Unavailable("out of memory")


class Hanging(ScriptedModel):
    """Says its lines, then nothing, until it is let go."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(*pieces)
        self.let_go = threading.Event()
        self.closed = threading.Event()

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        try:
            yield from super().generate(prompt, max_tokens=max_tokens)
            self.let_go.wait()
            yield "Too late."
        finally:
            self.closed.set()


class Vanishing(MemoryStore):
    """Gives a document once; then it reads otherwise, or is gone."""

    instead: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.given: set[str] = set()

    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        document = await super().read(doc_id, principals=principals)
        if document is None or doc_id not in self.given:
            self.given.add(doc_id)
            return document
        return None if self.instead is None else replace(document, text=self.instead)


class Changing(Vanishing):
    instead = "This text is another one."


class Unreadable(MemoryStore):
    async def read(self, doc_id: str, *, principals: frozenset[str]) -> Document | None:
        raise Unavailable("the disk is gone")


def answerer(
    store: MemoryStore,
    model: LanguageModel | None = None,
    *,
    gate: Gate = WORDS_DECIDE,
    timeout: float = 20.0,
    bulkhead: Bulkhead | None = None,
    reader: Reader | None = None,
    verifier: Verifier | None = None,
) -> Answerer:
    searcher = Searcher(store=store, embedder=EMBEDDER, fusion=min_max_linear)
    return Answerer(
        searcher=searcher,
        store=store,
        embedder=EMBEDDER,
        language_model=model,
        method="generated" if model else "auto",
        timeout=timeout,
        gate=gate,
        reading_gate=gate,
        spans=Spans(readers=lambda _, __: reader) if reader else NO_SPANS,
        verification=Verification(verifiers=lambda _, __: verifier) if verifier else NO_VERIFICATION,
        bulkhead=bulkhead or Bulkhead(timeout=20.0),
    )


async def collected(events: AsyncGenerator[AnswerEvent]) -> list[AnswerEvent]:
    return [event async for event in events]


def ask(by: Answerer, text: str = QUESTION, principals: frozenset[str] = STAFF) -> list[AnswerEvent]:
    request = AnswerRequest(text=text, principals=principals)
    return anyio.run(lambda: collected(by.answer(request)))


def summarize(by: Answerer, *doc_ids: str, text: str = "") -> list[AnswerEvent]:
    request = SummaryRequest(principals=STAFF, doc_ids=doc_ids, text=text)
    return anyio.run(lambda: collected(by.summarize(request)))


def said(events: list[AnswerEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def cited(events: list[AnswerEvent]) -> list[Citation]:
    return [event for event in events if isinstance(event, Citation)]


def end(events: list[AnswerEvent]) -> Finish:
    assert isinstance(events[-1], Finish)
    return events[-1]


def outcome(events: list[AnswerEvent]) -> tuple[str, str, str | None]:
    finish = end(events)
    return finish.status, finish.method, finish.reason


def in_order(events: list[AnswerEvent]) -> bool:
    """Say whether the events follow the one grammar of an answer."""
    letters = {ResultsFound: "r", Source: "s", TextDelta: "t", Citation: "c", Finish: "f", Failure: "f"}
    word = "".join(letters[type(event)] for event in events)
    body = word[1:-1].lstrip("s")
    sentences = body.split("t")
    return (
        word[0] == "r"
        and word[-1] == "f"
        and sentences[0] == ""
        and all(sentence and set(sentence) == {"c"} for sentence in sentences[1:])
    )
