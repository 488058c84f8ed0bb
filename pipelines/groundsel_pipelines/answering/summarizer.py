"""The summarizer: documents, a mail's thread, the results of a search, or the dossier on a subject; all of it cited.

A summary that broke off is asked for again with the number of sentences that were told: they are not told twice.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

from anyio import to_thread

from groundsel_pipelines.answering.clock import Clock
from groundsel_pipelines.answering.dossier import EARLIEST, PASSAGES, Section, compile_dossier
from groundsel_pipelines.answering.evidence import Evidence, Place, places, score, sentences
from groundsel_pipelines.answering.questions import read_question
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.answering.replies import reply
from groundsel_pipelines.answering.summarising import CHOSEN, NEAR, in_parts, in_reading_order, ranked
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
from groundsel_pipelines.answering.transcript import Transcript, distinct_passages
from groundsel_pipelines.errors import GroundselError, InvalidInput, UnknownName
from groundsel_pipelines.indexing import passages_of
from groundsel_pipelines.prompting import summary_of, summary_prompt
from groundsel_pipelines.protocols import Embedder, LanguageModel, ModelOf, no_model
from groundsel_pipelines.searching import Searcher
from groundsel_pipelines.types import (
    METADATA,
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

MAPPED: Final = 24  # sentences at most that a tuned model is shown, the best ones
SUMMARY_TOKENS: Final = 3 * EVIDENCE_TOKENS  # of them together: what two cores read, and write from, in ten seconds
SUMMARISED_RESULTS: Final = 5  # documents of a search that are summarised together
DOSSIER_RESULTS: Final = 50  # documents
THREAD_RESULTS: Final = 50  # mails
THREAD: Final = "thread"  # what parsers of mails note among the metadata
SUBJECT_CHARACTERS: Final = 80  # of a mail without a subject
ANSWERING: Final = re.compile(r"^(?:\s*(?:re|aw|fwd?|wg|tr|rv|rif)\s*(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarizer:
    """Summarises what a searcher finds and a teller says."""

    searcher: Searcher
    teller: Teller
    embedder: Embedder
    summarisers: ModelOf[LanguageModel] = no_model
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
        most = MAPPED if self.method == "generated" else CHOSEN
        best = await to_thread.run_sync(partial(ranked, found, self.embedder, about=request.text, most=most))
        far = request.text and not results.worded and max((each.cosine for each in best), default=0.0) < NEAR
        if not best or far:
            message = reply("not_told", asked_language(request.text))
            yield finish(clock, status="not_in_documents", message=message)
            return
        chosen = in_reading_order(best[:CHOSEN], found)
        title = request.text or ", ".join(document.title for document in documents)
        teller, parts = await self._parts(title, best, chosen, found, asked=bool(request.text))
        if not parts or (request.after and not (teller.language_model and teller.language_model.tuned)):
            async for event in self._told([Section(kind=None, evidence=chosen)], request, clock):
                yield event
            return
        written = teller.written(parts, chosen, request.principals, clock, self.max_tokens, after=request.after)
        async with aclosing(written) as events:
            async for event in events:
                yield event

    async def _parts(
        self, title: str, best: Sequence[Evidence], chosen: Sequence[Evidence], found: Sequence[Place], *, asked: bool
    ) -> tuple[Teller, Sequence[Part]]:
        """Give who writes from what: a tuned model key points from part after part, an untuned one from the best.

        Without parts, sentences are quoted: as ever where something is `asked`, if the model was tuned, as it learnt
        what a document says most, and not what is nearest to a question.
        """
        if self.method != "generated":
            return self.teller, ()
        first = best[0].place
        tuned = await to_thread.run_sync(self.summarisers, first.document.collection, first.passage.language)
        if tuned is None or not tuned.tuned:
            shown = within_budget(chosen, self.embedder.tokens, EVIDENCE_TOKENS)
            prompt = summary_prompt(title, [readable(each.place) for each in shown], border=border())
            return self.teller, [Part(prompt=prompt, shown=shown)]
        if asked:
            return self.teller, ()
        within = within_budget(best, self.embedder.tokens, SUMMARY_TOKENS)
        parts = in_parts(in_reading_order(within, found), self.embedder.tokens, tokens=EVIDENCE_TOKENS)
        return replace(self.teller, language_model=tuned), [
            Part(prompt=summary_of(title, [readable(each.place) for each in part]), shown=part) for part in parts
        ]

    async def _documents(
        self, request: SummaryRequest, hits: Ranking, named: Sequence[Document]
    ) -> tuple[Document, ...]:
        """Give what is summarised: what was named, with the rest of its thread, or the best that was found."""
        if named and not request.thread:
            return tuple(named)
        ids = dict.fromkeys((*doc_ids(hits), *await self._in_thread(request, named)))
        found = tuple((await self.teller.read(tuple(ids), request.principals)).values())
        if not named:
            return found[:SUMMARISED_RESULTS]
        subjects, threads = {subject_of(each) for each in named}, threads_of(named)
        thread = {
            each.doc_id: each
            for each in (*named, *found)
            if each.metadata.get(THREAD, "") in threads or subject_of(each) in subjects
        }
        return tuple(sorted(thread.values(), key=lambda each: (each.updated_at or EARLIEST, each.doc_id)))

    async def _in_thread(self, request: SummaryRequest, named: Sequence[Document]) -> tuple[str, ...]:
        """Give the mails that name the same one as the beginning of their thread, whatever their subject."""
        if not (threads := sorted(threads_of(named))):
            return ()
        search = SearchRequest(
            text=named[0].title or named[0].text[:SUBJECT_CHARACTERS],
            principals=request.principals,
            collections=request.collections,
            filters=(*request.filters, Filter(field=f"{METADATA}{THREAD}", op="in", values=tuple(threads))),
            limit=THREAD_RESULTS,
        )
        return doc_ids((await self.searcher.search(search)).hits)

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


def threads_of(documents: Sequence[Document]) -> frozenset[str]:
    """Give the Message-IDs by which mails know where their thread began."""
    return frozenset(each.metadata.get(THREAD, "") for each in documents) - {""}


def sentences_of(documents: Sequence[Document], embedder: Embedder) -> tuple[Place, ...]:
    """Give every sentence of the documents, once, in reading order."""
    found: dict[tuple[str, int], Place] = {}
    for document in documents:
        for passage in passages_of(document, embedder):
            for place in sentences(document, passage, 1):
                found.setdefault((document.doc_id, place.start), place)
    return tuple(found.values())
