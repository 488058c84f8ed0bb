"""The answerer: results first, then evidence, then checked sentences or quotations, and exactly one end."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Literal

from anyio import to_thread

from groundsel_pipelines.answering.clock import Clock
from groundsel_pipelines.answering.conflicts import find_conflict, in_force
from groundsel_pipelines.answering.conversation import reply_to
from groundsel_pipelines.answering.evidence import Evidence, nearness, places, rarity, score
from groundsel_pipelines.answering.gate import Gate, OwnThreshold, features, fitted_gate
from groundsel_pipelines.answering.generating import Bulkhead
from groundsel_pipelines.answering.questions import Question, read_question
from groundsel_pipelines.answering.quoting import choose, readable
from groundsel_pipelines.answering.replies import reply
from groundsel_pipelines.answering.rewriting import Rewriting
from groundsel_pipelines.answering.spans import NO_SPANS, Spans
from groundsel_pipelines.answering.summarizer import Summarizer
from groundsel_pipelines.answering.telling import (
    EVIDENCE_TOKENS,
    NO_RESULTS,
    Part,
    Teller,
    border,
    doc_ids,
    finish,
    within_budget,
)
from groundsel_pipelines.answering.transcript import distinct_passages
from groundsel_pipelines.answering.verifying import NO_VERIFICATION, Verification
from groundsel_pipelines.errors import AccessDenied, GroundselError
from groundsel_pipelines.languages import UNKNOWN
from groundsel_pipelines.prompting import answer_prompt, numbered_prompt
from groundsel_pipelines.protocols import Embedder, LanguageModel, ModelOf, Store, TokenCounter, no_model
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.types import (
    AnswerEvent,
    AnswerRequest,
    Failure,
    Finish,
    ResultsFound,
    SearchRequest,
    SearchResults,
    SummaryRequest,
)
from groundsel_pipelines.words import asked_language

MOST_NUMBERED: Final = 4  # sentences that a tuned model is shown: as many as it was trained on, on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Answers from what a searcher finds. `timeout` is in seconds, for everything a model does for one answer.

    `method` "auto" quotes: on the questions of benchmarks/answers.py a quotation holds the answer far more often than
    what the untuned default model writes. It will generate once a specialised model wins there.
    """

    searcher: Searcher
    store: Store
    embedder: Embedder
    language_model: LanguageModel | None
    writers: ModelOf[LanguageModel] = no_model  # tuned to answer; where there is one, it writes in place of the other
    summarisers: ModelOf[LanguageModel] = no_model  # likewise, of summaries
    method: Literal["auto", "generated", "extractive"] = "auto"
    timeout: float = 20.0
    max_tokens: int = 96
    gate: Gate = field(default_factory=fitted_gate)
    reading_gate: Gate = field(default_factory=partial(fitted_gate, reader=True))  # where a reader has read
    thresholds: Mapping[str, OwnThreshold] = field(default_factory=dict[str, OwnThreshold])  # by collection
    spans: Spans = NO_SPANS
    verification: Verification = NO_VERIFICATION
    rewriting: Rewriting = field(default_factory=Rewriting)
    bulkhead: Bulkhead = field(default_factory=lambda: Bulkhead(timeout=20.0))

    @property
    def teller(self) -> Teller:
        return Teller(
            store=self.store,
            embedder=self.embedder,
            language_model=self.language_model,
            timeout=self.timeout,
            bulkhead=self.bulkhead,
            verification=self.verification,
        )

    def summarize(self, request: SummaryRequest) -> AsyncGenerator[AnswerEvent]:
        """Summarise as `Summarizer.summarize` says."""
        summarizer = Summarizer(
            searcher=self.searcher,
            teller=self.teller,
            embedder=self.embedder,
            summarisers=self.summarisers,
            method=self.method,
            max_tokens=self.max_tokens,
        )
        return summarizer.summarize(request)

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent]:
        """Answer a question; after the first event, an error of ours is the last event.

        Raises:
            AccessDenied: the request holds no principal.
            InvalidInput: the question is empty or too long.
            Unavailable: nothing could be searched.

        """
        clock = Clock()
        if message := reply_to(request.text, request.history):
            if not request.principals:
                raise AccessDenied("the request holds no principal")
            yield ResultsFound(results=NO_RESULTS)
            yield finish(clock, status="skipped", reason="conversation", message=message)
            return
        asked = request.text
        alone = await self.rewriting.standing_alone(asked, request.history, collection=only(request.collections))
        request, language = replace(request, text=alone), asked_language(alone)
        results = await self.searcher.search(
            SearchRequest(
                text=request.text,
                principals=request.principals,
                collections=request.collections,
                filters=request.filters,
                undone=request.undone,
            )
        )
        clock.mark("results")
        yield ResultsFound(results=results, rewritten=request.text if request.text != asked else "")
        try:
            async with aclosing(self._answered(request, results, clock)) as events:
                async for event in events:
                    yield with_message(event, language)
        except GroundselError as error:
            yield Failure(code=type(error).__name__, detail=str(error))

    # ------------------------------------------------------------ answers

    async def _answered(
        self, request: AnswerRequest, results: SearchResults, clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        hits = results.hits[: request.top_k]
        documents = in_force(await self.teller.read(doc_ids(hits), request.principals))
        found = await to_thread.run_sync(places, hits, documents)
        if not found:
            yield finish(clock, status="not_in_documents")
            return
        question = read_question(results.plan.words, found[0].passage.language)
        passages = distinct_passages(found)
        readings = await self.spans.of(question.text, passages)
        evidence = await to_thread.run_sync(score, question, found, self.embedder, readings)
        near = await to_thread.run_sync(nearness, question, passages, self.embedder)
        gate = self._gate(evidence[0].place.document.collection, reader=bool(readings))
        if not gate.opens(features(question, evidence, rarity(question, found), near)):
            yield finish(clock, status="not_in_documents")
            return
        if conflict := find_conflict(question, evidence):
            async for event in self.teller.quoted(conflict, request.principals, clock, status="conflicting"):
                yield event
            return
        async for event in self._generated_or_quoted(question, evidence, request, clock):
            yield event

    def _gate(self, collection: str, *, reader: bool) -> Gate:
        """Give the gate, where it stands for this collection."""
        gate = self.reading_gate if reader else self.gate
        own = self.thresholds.get(collection)
        return replace(gate, threshold=own.threshold) if own and own.reader == reader else gate

    async def _generated_or_quoted(
        self, question: Question, evidence: Sequence[Evidence], request: AnswerRequest, clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        quotation = choose(evidence)
        if self.method != "generated":
            async for event in self.teller.quoted(quotation, request.principals, clock):
                yield event
            return
        first = evidence[0].place
        tuned = await to_thread.run_sync(self.writers, first.document.collection, first.passage.language)
        teller, asked = self.teller, ""
        model = tuned if tuned and tuned.tuned else self.language_model
        if model and not model.tuned and not writes(model, first.passage.language):
            async for event in self.teller.quoted(quotation, request.principals, clock):
                yield event
            return
        counter = await to_thread.run_sync(counter_of, model, self.embedder)
        shown = within_budget(evidence, counter, EVIDENCE_TOKENS)
        if tuned and tuned.tuned:
            shown, asked = shown[:MOST_NUMBERED], question.text
            prompt = numbered_prompt(asked, [readable(each.place) for each in shown])
            teller = replace(teller, language_model=tuned)
        else:
            prompt = answer_prompt(question.text, [readable(each.place) for each in shown], border=border())
        tokens = request.max_tokens or self.max_tokens
        parts = [Part(prompt=prompt, shown=tuple(shown))]
        written = teller.written(parts, quotation, request.principals, clock, tokens, asked=asked)
        async with aclosing(written) as events:
            async for event in events:
                yield event


def only(collections: Sequence[str]) -> str:
    """Give the collection that is asked, "" where that may be any of several."""
    return collections[0] if len(collections) == 1 else ""


def counter_of(model: LanguageModel | None, embedder: Embedder) -> TokenCounter:
    """Give what counts the tokens of a prompt: the model that will read it, where there is one that opens."""
    try:
        return model.tokens if model else embedder.tokens
    except GroundselError:  # that it cannot write is said where it is asked to
        return embedder.tokens


def writes(model: LanguageModel, language: str) -> bool:
    """Say whether a model was made to write this language, that of the evidence; one that cannot be told is tried."""
    return not model.languages or language in {UNKNOWN, *model.languages}


def with_message(event: AnswerEvent, language: str) -> AnswerEvent:
    """Say in the asker's language that the documents do not tell, where that is the end of the answer."""
    if isinstance(event, Finish) and event.status == "not_in_documents":
        return replace(event, message=reply("not_told", language))
    return event
