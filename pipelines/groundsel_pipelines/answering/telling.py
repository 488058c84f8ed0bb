"""Telling: checked or quoted sentences become events, each with what carries it, as it stands in the store now."""

import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from groundsel_pipelines.answering.clock import Clock
from groundsel_pipelines.answering.evidence import Evidence, Place
from groundsel_pipelines.answering.generating import Bulkhead, Generation
from groundsel_pipelines.answering.quoting import readable
from groundsel_pipelines.answering.transcript import Transcript, distinct_passages
from groundsel_pipelines.answering.verifying import NO_VERIFICATION, Verification
from groundsel_pipelines.answering.writing import Checked, Said, Writer
from groundsel_pipelines.protocols import Embedder, LanguageModel, Prompt, Store, TokenCounter
from groundsel_pipelines.types import (
    AnswerEvent,
    Document,
    Finish,
    Method,
    QueryPlan,
    Ranking,
    Reason,
    SearchResults,
    Status,
    Usage,
)

EVIDENCE_TOKENS: Final = 350  # of a prompt: what two cores read in a second and a half


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a model is told at once: for an answer all there is, for a summary a stretch of what is summarised."""

    prompt: Prompt
    shown: tuple[Evidence, ...]


@dataclass(slots=True)
class SoFar:
    """What has come of the parts that a model has written from."""

    said: Said = field(default_factory=Said)
    method: Method = "extractive"  # until a sentence of the model's own is said
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)
    reason: Reason | None = None  # why it ended before all parts were written from

    def add(self, writer: Writer, usage: Usage) -> None:
        self.dropped += writer.dropped
        self.reason = None if writer.reason == "ungrounded" else writer.reason
        self.usage = Usage(
            prompt_tokens=self.usage.prompt_tokens + usage.prompt_tokens,
            completion_tokens=self.usage.completion_tokens + usage.completion_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Says what a model writes, or what documents say. `timeout` is in seconds, for all a model does for one answer."""

    store: Store
    embedder: Embedder
    language_model: LanguageModel | None
    timeout: float = 20.0
    bulkhead: Bulkhead = field(default_factory=lambda: Bulkhead(timeout=20.0))
    verification: Verification = NO_VERIFICATION

    async def written(
        self,
        parts: Sequence[Part],
        quotation: Sequence[Evidence],
        principals: frozenset[str],
        clock: Clock,
        max_tokens: int,
        *,
        asked: str = "",
        after: int = 0,
    ) -> AsyncGenerator[AnswerEvent]:
        """Let the model write from each part in turn; where nothing of it can be shown, say `quotation`.

        Args:
            parts: at least one.
            quotation: what is said in place of it.
            principals: who reads.
            clock: counts the time that all of it has.
            max_tokens: of what is written from one part.
            asked: the question that a tuned model answers in a few words, which are checked together with it.
            after: sentences that were told before: they are written again, and not said.

        """
        if self.language_model is None:
            async for event in self.quoted(quotation[after:], principals, clock, reason="model_unavailable"):
                yield event
            return
        transcript = Transcript(distinct_passages([each.place for part in parts for each in part.shown]))
        for source in transcript.sources:
            yield source
        so_far = SoFar()
        async with aclosing(self._checked(parts, so_far, clock, max_tokens, asked)) as checked:
            async for sentence in checked:
                if len(so_far.said.texts) <= after:
                    continue
                for event in await self.said(transcript, sentence.text, [sentence.evidence.place], principals):
                    clock.mark("first_sentence")
                    yield event
        reason = so_far.reason
        if transcript.text or (0 < after == len(so_far.said.texts) and not reason):
            status: Status = "partial" if so_far.dropped or reason else "answered"
            yield finish(clock, status=status, method=so_far.method, reason=reason, usage=so_far.usage)
        elif reason == "busy":
            yield finish(clock, status="skipped", reason="busy")
        else:
            async for event in self.quoted(
                quotation[after:], principals, clock, reason=reason or "ungrounded", transcript=transcript
            ):
                yield event

    async def _checked(
        self, parts: Sequence[Part], so_far: SoFar, clock: Clock, max_tokens: int, asked: str
    ) -> AsyncGenerator[Checked]:
        """Yield what a model writes from each part and evidence carries, until it breaks or time is over."""
        assert self.language_model  # noqa: S101 - `written` has looked
        for part in parts:
            language = part.shown[0].place.passage.language
            generation = Generation(self.language_model, part.prompt, max_tokens=max_tokens, language=language)
            writer = Writer(
                embedder=self.embedder,
                evidence=part.shown,
                generation=generation,
                bulkhead=self.bulkhead,
                verification=self.verification,
                asked=asked,
                said=so_far.said,
            )
            async with aclosing(writer.sentences(seconds=self.timeout - clock.seconds)) as sentences:
                async for sentence in sentences:
                    so_far.method = so_far.method if sentence.quoted else "generated"
                    yield sentence
            so_far.add(writer, generation.usage)
            if so_far.reason:
                return

    async def quoted(
        self,
        evidence: Sequence[Evidence],
        principals: frozenset[str],
        clock: Clock,
        *,
        status: Status = "answered",
        reason: Reason | None = None,
        transcript: Transcript | None = None,
    ) -> AsyncGenerator[AnswerEvent]:
        """Say sentences as they stand in their documents, and end."""
        if transcript is None or any(each.place.passage.passage_id not in transcript.markers for each in evidence):
            transcript = Transcript(distinct_passages([each.place for each in evidence]))
            for source in transcript.sources:
                yield source
        async for event in self.quotations(transcript, evidence, principals, clock):
            yield event
        if transcript.text:
            yield finish(clock, status=status, method="extractive", reason=reason)
        else:  # every document it stood in has changed or gone meanwhile
            yield finish(clock, status="not_in_documents")

    async def quotations(
        self, transcript: Transcript, evidence: Sequence[Evidence], principals: frozenset[str], clock: Clock
    ) -> AsyncGenerator[AnswerEvent]:
        for each in evidence:
            for event in await self.said(transcript, readable(each.place), [each.place], principals):
                clock.mark("first_sentence")
                yield event

    async def said(
        self, transcript: Transcript, sentence: str, carried_by: Sequence[Place], principals: frozenset[str]
    ) -> tuple[AnswerEvent, ...]:
        """Give the events of a sentence, or none where what carries it no longer stands where it stood."""
        now = await self.read([place.document.doc_id for place in carried_by], principals)
        standing = [
            (place, now[place.document.doc_id])
            for place in carried_by
            if place.document.doc_id in now and now[place.document.doc_id].text[place.start : place.end] == place.text
        ]
        return transcript.say(sentence, standing) if standing else ()

    async def read(self, ids: Sequence[str], principals: frozenset[str]) -> Mapping[str, Document]:
        """Read documents that the asker may see, in the order of `ids`."""
        found = {doc_id: await self.store.read(doc_id, principals=principals) for doc_id in dict.fromkeys(ids)}
        return {doc_id: document for doc_id, document in found.items() if document is not None}


def border() -> str:
    """Give a line that no document can have foreseen."""
    return f"=== {secrets.token_hex(4)} ==="


def within_budget(evidence: Sequence[Evidence], counter: TokenCounter, tokens: int) -> tuple[Evidence, ...]:
    """Give the first pieces of evidence that fit into `tokens`, as `counter` counts them; at least one."""
    chosen: list[Evidence] = []
    used = 0
    for each in evidence:
        used += counter.count(readable(each.place))
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
