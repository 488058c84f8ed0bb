"""The answerer: results first, then evidence, then checked sentences or quotations, and exactly one end."""

import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Literal

from anyio import to_thread

from groundsel_pipelines.answering.clock import Clock
from groundsel_pipelines.answering.conflicts import find_conflict, in_force
from groundsel_pipelines.answering.conversation import chat, last_question, standing_alone
from groundsel_pipelines.answering.evidence import Evidence, Place, places, rarity, score, sentences
from groundsel_pipelines.answering.gate import Gate, features, fitted_gate
from groundsel_pipelines.answering.generating import Bulkhead, Generation
from groundsel_pipelines.answering.questions import Question, read_question
from groundsel_pipelines.answering.quoting import choose, readable
from groundsel_pipelines.answering.replies import reply
from groundsel_pipelines.answering.summarising import key_sentences
from groundsel_pipelines.answering.transcript import Transcript, distinct_passages
from groundsel_pipelines.answering.writing import Writer
from groundsel_pipelines.errors import AccessDenied, GroundselError, InvalidInput, UnknownName
from groundsel_pipelines.indexing import passages_of
from groundsel_pipelines.prompting import answer_prompt, summary_prompt
from groundsel_pipelines.protocols import Embedder, LanguageModel, Prompt, Store
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.types import (
    AnswerEvent,
    AnswerRequest,
    Document,
    Failure,
    Finish,
    Method,
    QueryPlan,
    Ranking,
    Reason,
    ResultsFound,
    SearchRequest,
    SearchResults,
    Status,
    SummaryRequest,
    Usage,
)
from groundsel_pipelines.words import asked_language

EVIDENCE_TOKENS: Final = 350  # of a prompt: what two cores read in a second and a half
SUMMARISED_RESULTS: Final = 5  # documents of a search that are summarised together


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
    method: Literal["auto", "generated", "extractive"] = "auto"
    timeout: float = 20.0
    max_tokens: int = 96
    gate: Gate = field(default_factory=fitted_gate)
    bulkhead: Bulkhead = field(default_factory=lambda: Bulkhead(timeout=20.0))

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent]:
        """Answer a question; after the first event, an error of ours is the last event.

        Raises:
            AccessDenied: the request holds no principal.
            InvalidInput: the question is empty or too long.
            Unavailable: nothing could be searched.

        """
        clock = Clock()
        language = asked_language(request.text)
        if kind := chat(request.text):
            if not request.principals:
                raise AccessDenied("the request holds no principal")
            yield ResultsFound(results=NO_RESULTS)
            message = reply(kind, language, question=last_question(request.history))
            yield finish(clock, status="skipped", reason="conversation", message=message)
            return
        asked, request = request.text, replace(request, text=standing_alone(request.text, request.history))
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

    async def summarize(self, request: SummaryRequest) -> AsyncGenerator[AnswerEvent]:
        """Summarise documents, or the best results of a search together.

        Raises:
            InvalidInput: neither documents nor a search are named, or both.
            UnknownName: there is no such document, or the asker may not see it: the two are not told apart.

        """
        if bool(request.doc_ids) == bool(request.text):
            raise InvalidInput("name either documents or a search to summarise")
        clock = Clock()
        results = await self._to_summarise(request)
        documents = await self._read(request.doc_ids or doc_ids(results.hits), request.principals)
        if missing := [doc_id for doc_id in request.doc_ids if doc_id not in documents]:
            raise UnknownName(f"there is no document {missing[0]!r}; `groundsel search` finds documents")
        clock.mark("results")
        yield ResultsFound(results=results)
        try:
            async with aclosing(self._summarised(request, tuple(documents.values()), clock)) as events:
                async for event in events:
                    yield event
        except GroundselError as error:
            yield Failure(code=type(error).__name__, detail=str(error))

    # ------------------------------------------------------------ answers

    async def _answered(
        self, request: AnswerRequest, results: SearchResults, clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        hits = results.hits[: request.top_k]
        documents = in_force(await self._read(doc_ids(hits), request.principals))
        found = await to_thread.run_sync(places, hits, documents)
        if not found:
            yield finish(clock, status="not_in_documents")
            return
        question = read_question(results.plan.words, found[0].passage.language)
        evidence = await to_thread.run_sync(score, question, found, self.embedder)
        if not self.gate.opens(features(question, evidence, rarity(question, found))):
            yield finish(clock, status="not_in_documents")
            return
        if conflict := find_conflict(question, evidence):
            async for event in self._quoted(conflict, request.principals, clock, status="conflicting"):
                yield event
            return
        async for event in self._generated_or_quoted(question, evidence, request, clock):
            yield event

    async def _generated_or_quoted(
        self, question: Question, evidence: Sequence[Evidence], request: AnswerRequest, clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        quotation = choose(evidence)
        if self.method != "generated":
            async for event in self._quoted(quotation, request.principals, clock):
                yield event
            return
        shown = within_budget(evidence, self.embedder, EVIDENCE_TOKENS)
        prompt = answer_prompt(question.text, [readable(each.place) for each in shown], border=border())
        tokens = request.max_tokens or self.max_tokens
        async with aclosing(self._written(prompt, shown, quotation, request.principals, clock, tokens)) as events:
            async for event in events:
                yield event

    # ------------------------------------------------------------ summaries

    async def _to_summarise(self, request: SummaryRequest) -> SearchResults:
        if request.doc_ids:
            return NO_RESULTS
        search = SearchRequest(
            text=request.text,
            principals=request.principals,
            collections=request.collections,
            filters=request.filters,
            limit=SUMMARISED_RESULTS,
        )
        return await self.searcher.search(search)

    async def _summarised(
        self, request: SummaryRequest, documents: Sequence[Document], clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        found = await to_thread.run_sync(partial(sentences_of, documents, self.embedder))
        key = await to_thread.run_sync(key_sentences, found, self.embedder)
        if not key:
            yield finish(clock, status="not_in_documents")
            return
        if self.method != "generated":
            async for event in self._quoted(key, request.principals, clock):
                yield event
            return
        shown = within_budget(key, self.embedder, EVIDENCE_TOKENS)
        title = request.text or ", ".join(document.title for document in documents)
        prompt = summary_prompt(title, [readable(each.place) for each in shown], border=border())
        async with aclosing(self._written(prompt, shown, key, request.principals, clock, self.max_tokens)) as events:
            async for event in events:
                yield event

    # ------------------------------------------------------------ what is said

    async def _written(
        self,
        prompt: Prompt,
        shown: Sequence[Evidence],
        quotation: Sequence[Evidence],
        principals: frozenset[str],
        clock: Clock,
        max_tokens: int,
    ) -> AsyncGenerator[AnswerEvent]:
        """Let the model write from `shown`; where nothing of it can be shown, say `quotation`."""
        if self.language_model is None:
            async for event in self._quoted(quotation, principals, clock, reason="model_unavailable"):
                yield event
            return
        language = shown[0].place.passage.language
        generation = Generation(self.language_model, prompt, max_tokens=max_tokens, language=language)
        writer = Writer(embedder=self.embedder, evidence=shown, generation=generation, bulkhead=self.bulkhead)
        transcript = Transcript(distinct_passages([each.place for each in shown]))
        for source in transcript.sources:
            yield source
        async with aclosing(writer.sentences(seconds=self.timeout - clock.seconds)) as checked:
            async for sentence in checked:
                for event in await self._said(transcript, sentence.text, [sentence.evidence.place], principals):
                    clock.mark("first_sentence")
                    yield event
        if transcript.text:
            status: Status = "partial" if writer.dropped or writer.reason else "answered"
            yield finish(clock, status=status, method="generated", reason=writer.reason, usage=generation.usage)
        elif writer.reason == "busy":
            yield finish(clock, status="skipped", reason="busy")
        else:
            async for event in self._quoted(
                quotation, principals, clock, reason=writer.reason or "ungrounded", transcript=transcript
            ):
                yield event

    async def _quoted(
        self,
        evidence: Sequence[Evidence],
        principals: frozenset[str],
        clock: Clock,
        *,
        status: Status = "answered",
        reason: Reason | None = None,
        transcript: Transcript | None = None,
    ) -> AsyncGenerator[AnswerEvent]:
        """Say sentences as they stand in their documents."""
        if transcript is None or any(each.place.passage.passage_id not in transcript.markers for each in evidence):
            transcript = Transcript(distinct_passages([each.place for each in evidence]))
            for source in transcript.sources:
                yield source
        for each in evidence:
            for event in await self._said(transcript, readable(each.place), [each.place], principals):
                clock.mark("first_sentence")
                yield event
        if transcript.text:
            yield finish(clock, status=status, method="extractive", reason=reason)
        else:  # every document it stood in has changed or gone meanwhile
            yield finish(clock, status="not_in_documents")

    async def _said(
        self, transcript: Transcript, sentence: str, carried_by: Sequence[Place], principals: frozenset[str]
    ) -> tuple[AnswerEvent, ...]:
        """Give the events of a sentence, or none where what carries it no longer stands where it stood."""
        now = await self._read([place.document.doc_id for place in carried_by], principals)
        standing = [
            (place, now[place.document.doc_id])
            for place in carried_by
            if place.document.doc_id in now and now[place.document.doc_id].text[place.start : place.end] == place.text
        ]
        return transcript.say(sentence, standing) if standing else ()

    async def _read(self, ids: Sequence[str], principals: frozenset[str]) -> Mapping[str, Document]:
        """Read documents that the asker may see, in the order of `ids`."""
        found = {doc_id: await self.store.read(doc_id, principals=principals) for doc_id in dict.fromkeys(ids)}
        return {doc_id: document for doc_id, document in found.items() if document is not None}


NO_RESULTS: Final = SearchResults(
    results=(),
    total=0,
    total_is_exact=True,
    facets=(),
    mode="hybrid",
    degraded=(),
    took_ms={},
    as_of={},
    plan=QueryPlan(text="", words=""),
)


def doc_ids(hits: Ranking) -> tuple[str, ...]:
    return tuple(dict.fromkeys(hit.passage.doc_id for hit in hits))


def border() -> str:
    """Give a line that no document can have foreseen."""
    return f"=== {secrets.token_hex(4)} ==="


def sentences_of(documents: Sequence[Document], embedder: Embedder) -> tuple[Place, ...]:
    """Give every sentence of the documents, once, in reading order."""
    found: dict[tuple[str, int], Place] = {}
    for document in documents:
        for passage in passages_of(document, embedder):
            for place in sentences(document, passage, 1):
                found.setdefault((document.doc_id, place.start), place)
    return tuple(found.values())


def within_budget(evidence: Sequence[Evidence], embedder: Embedder, tokens: int) -> tuple[Evidence, ...]:
    """Give the first pieces of evidence that fit into `tokens`; at least one."""
    chosen: list[Evidence] = []
    used = 0
    for each in evidence:
        used += embedder.tokens.count(readable(each.place))
        if chosen and used > tokens:
            break
        chosen.append(each)
    return tuple(chosen)


def finish(
    clock: Clock,
    *,
    status: Status,
    method: Method = "none",
    reason: Reason | None = None,
    usage: Usage | None = None,
    message: str = "",
) -> Finish:
    clock.mark("done")
    return Finish(
        status=status,
        method=method,
        reason=reason,
        usage=usage or Usage(),
        took_ms=dict(clock.took_ms),
        message=message,
    )


def with_message(event: AnswerEvent, language: str) -> AnswerEvent:
    """Say in the asker's language that the documents do not tell, where that is the end of the answer."""
    if isinstance(event, Finish) and event.status == "not_in_documents":
        return replace(event, message=reply("not_told", language))
    return event
