"""The summarizer: documents, a mail's thread, the results of a search, or the dossier on a subject; all of it cited.

A summary that broke off is asked for again with the number of sentences that were told: they are not told twice.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from anyio import to_thread

from groundsel_pipelines.answering.clock import Clock
from groundsel_pipelines.answering.dossier import EARLIEST, PASSAGES, Section, compile_dossier
from groundsel_pipelines.answering.evidence import Place, places, score, sentences
from groundsel_pipelines.answering.questions import read_question
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.answering.replies import reply
from groundsel_pipelines.answering.summarising import key_sentences
from groundsel_pipelines.answering.telling import (
    EVIDENCE_TOKENS,
    NO_RESULTS,
    Teller,
    border,
    doc_ids,
    finish,
    within_budget,
)
from groundsel_pipelines.answering.transcript import Transcript, distinct_passages
from groundsel_pipelines.errors import GroundselError, InvalidInput, UnknownName
from groundsel_pipelines.indexing import passages_of
from groundsel_pipelines.prompting import summary_prompt
from groundsel_pipelines.protocols import Embedder
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.types import (
    AnswerEvent,
    Document,
    Failure,
    Filter,
    Ranking,
    ResultsFound,
    SearchRequest,
    SearchResults,
    SectionBegun,
    SummaryRequest,
)
from groundsel_pipelines.words import asked_language

SUMMARISED_RESULTS: Final = 5  # documents of a search that are summarised together
DOSSIER_RESULTS: Final = 50  # documents
THREAD_RESULTS: Final = 50  # mails
ANSWERING: Final = re.compile(r"^(?:\s*(?:re|aw|fwd?|wg|tr|rv|rif)\s*(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarizer:
    """Summarises what a searcher finds and a teller says."""

    searcher: Searcher
    teller: Teller
    embedder: Embedder
    method: Literal["auto", "generated", "extractive"]
    max_tokens: int

    async def summarize(self, request: SummaryRequest) -> AsyncGenerator[AnswerEvent]:
        """Summarise; after the first event, an error of ours is the last event.

        Raises:
            InvalidInput: not exactly one of documents, a search and a subject is named.
            UnknownName: there is no such document, or the asker may not see it: the two are not told apart.

        """
        if sum(map(bool, (request.doc_ids, request.text, request.subject))) != 1:
            raise InvalidInput("name either documents, or a search, or a subject to summarise")
        clock = Clock()
        documents = await self.teller.read(request.doc_ids, request.principals)
        if missing := [doc_id for doc_id in request.doc_ids if doc_id not in documents]:
            raise UnknownName(f"there is no document {missing[0]!r}; `groundsel search` finds documents")
        results = await self._found(request, tuple(documents.values()))
        clock.mark("results")
        yield ResultsFound(results=results)
        make = self._dossier if request.subject else self._summary
        try:
            async with aclosing(make(request, results, tuple(documents.values()), clock)) as events:
                async for event in events:
                    yield event
        except GroundselError as error:
            yield Failure(code=type(error).__name__, detail=str(error))

    async def _found(self, request: SummaryRequest, documents: Sequence[Document]) -> SearchResults:
        """Search for what is to be summarised, beyond the documents that are named."""
        text, limit, filters = request.text, SUMMARISED_RESULTS, request.filters
        if request.subject:
            text, limit = request.subject, DOSSIER_RESULTS
        elif request.thread and documents:
            text, limit = subject_of(documents[0]) or documents[0].title, THREAD_RESULTS
            filters = (*filters, Filter(field="media_type", op="in", values=(documents[0].media_type,)))
        if not text:
            return NO_RESULTS
        return await self.searcher.search(
            SearchRequest(
                text=text,
                principals=request.principals,
                collections=request.collections,
                filters=filters,
                limit=limit,
            )
        )

    # ------------------------------------------------------------ key sentences

    async def _summary(
        self, request: SummaryRequest, results: SearchResults, named: Sequence[Document], clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        documents = await self._documents(request, results.hits, named)
        found = await to_thread.run_sync(partial(sentences_of, documents, self.embedder))
        chosen = await to_thread.run_sync(partial(key_sentences, found, self.embedder, about=request.text))
        if not chosen:
            yield finish(clock, status="not_in_documents")
            return
        if self.method != "generated" or request.after:
            async for event in self._told([Section(kind=None, evidence=chosen)], request, clock):
                yield event
            return
        shown = within_budget(chosen, self.embedder, EVIDENCE_TOKENS)
        title = request.text or ", ".join(document.title for document in documents)
        prompt = summary_prompt(title, [readable(each.place) for each in shown], border=border())
        written = self.teller.written(prompt, shown, chosen, request.principals, clock, self.max_tokens)
        async with aclosing(written) as events:
            async for event in events:
                yield event

    async def _documents(
        self, request: SummaryRequest, hits: Ranking, named: Sequence[Document]
    ) -> tuple[Document, ...]:
        """Give what is summarised: what was named, with the rest of its thread, or the best that was found."""
        if named and not request.thread:
            return tuple(named)
        found = tuple((await self.teller.read(doc_ids(hits), request.principals)).values())
        if not named:
            return found[:SUMMARISED_RESULTS]
        subjects = {subject_of(document) for document in named}
        thread = {each.doc_id: each for each in (*named, *found) if subject_of(each) in subjects}
        return tuple(sorted(thread.values(), key=lambda each: (each.updated_at or EARLIEST, each.doc_id)))

    # ------------------------------------------------------------ dossier

    async def _dossier(
        self, request: SummaryRequest, results: SearchResults, _: Sequence[Document], clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        sections = await self._sections(request, results)
        if not sections:
            message = reply("not_told", asked_language(request.subject))
            yield finish(clock, status="not_in_documents", message=message)
            return
        async for event in self._told(sections, request, clock):
            yield event

    async def _told(
        self, sections: Sequence[Section], request: SummaryRequest, clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        """Say the sections, but for the first `request.after` sentences, which were told before; the numbers stay."""
        everything = [each.place for section in sections for each in section.evidence]
        transcript = Transcript(distinct_passages(everything))
        for source in transcript.sources:
            yield source
        begun = 0
        for section in sections:
            left = section.evidence[max(0, request.after - begun) :]
            begun += len(section.evidence)
            if left and section.kind:
                yield SectionBegun(kind=section.kind, start=len(transcript.text))
            async for event in self.teller.quotations(transcript, left, request.principals, clock):
                yield event
        gone = not transcript.text and request.after < begun  # what was to be told has changed meanwhile
        yield (
            finish(clock, status="not_in_documents") if gone else finish(clock, status="answered", method="extractive")
        )

    async def _sections(self, request: SummaryRequest, results: SearchResults) -> tuple[Section, ...]:
        hits = results.hits[:PASSAGES]
        documents = await self.teller.read(doc_ids(hits), request.principals)
        found = await to_thread.run_sync(places, hits, documents)
        if not found:
            return ()
        subject = read_question(request.subject, found[0].passage.language)
        evidence = await to_thread.run_sync(score, subject, found, self.embedder)
        return await to_thread.run_sync(compile_dossier, subject, evidence, self.embedder.tokens)


def subject_of(document: Document) -> str:
    """Give a mail's subject without what answering and forwarding put before it."""
    return ANSWERING.sub("", document.title).strip().casefold()


def sentences_of(documents: Sequence[Document], embedder: Embedder) -> tuple[Place, ...]:
    """Give every sentence of the documents, once, in reading order."""
    found: dict[tuple[str, int], Place] = {}
    for document in documents:
        for passage in passages_of(document, embedder):
            for place in sentences(document, passage, 1):
                found.setdefault((document.doc_id, place.start), place)
    return tuple(found.values())
