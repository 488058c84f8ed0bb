"""Generating: a few runs of the model at a time, each in a thread that owns it, sentence by sentence, in its time."""

import asyncio
import math
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from groundsel_pipelines.errors import Busy
from groundsel_pipelines.protocols import LanguageModel, Prompt
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.types import Usage

# Written side by side: of four a token takes .4 of the time that it takes of one, and each keeps 20 MB
AT_ONCE: Final = 4
# Before anything is measured: 350 tokens read at 230 a second and 96 written at 80, as on two old cores.
FIRST_GUESS_SECONDS = 2.7
MEMORY = 0.8  # of the mean, per run
ENDS = (".", "!", "?", "…", "。", ":", '"', "»", ")")


@dataclass(slots=True, kw_only=True)
class Bulkhead:
    """The model's slots, and a queue no longer than what gets its turn before `timeout` seconds are over."""

    timeout: float
    slots: int = AT_ONCE
    mean_seconds: float = FIRST_GUESS_SECONDS  # of a run, beside others or not
    waiting: int = 0
    free: anyio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.free = anyio.Semaphore(self.slots)

    @asynccontextmanager
    async def enter(self, *, seconds: float) -> AsyncGenerator[None]:
        """Wait for a slot, no longer than `seconds`, and hold it.

        Raises:
            Busy: the queue is full, which is said at once, or did not get on in time.

        """
        busy = Busy("the language model is busy", retry_after=math.ceil(self.mean_seconds))
        if not self.free.value and self.waiting >= math.floor(self.timeout / self.mean_seconds * self.slots):
            raise busy
        self.waiting += 1
        try:
            with anyio.fail_after(seconds):
                await self.free.acquire()
        except TimeoutError:
            raise busy from None
        finally:
            self.waiting -= 1
        began = monotonic()
        try:
            yield
        finally:
            self.mean_seconds = MEMORY * self.mean_seconds + (1 - MEMORY) * (monotonic() - began)
            self.free.release()


class Generation:
    """One run of the model. Its own task holds a slot, its own thread pulls the tokens and closes the model.

    Neither depends on the reader's `finally`: a reader that is gone without a word costs no more than the deadline.
    """

    def __init__(self, model: LanguageModel, prompt: Prompt, *, max_tokens: int, language: str) -> None:
        self.model = model
        self.prompt = prompt
        self.max_tokens = max_tokens
        self.language = language
        self.pieces = 0
        self.stopped = threading.Event()
        self.ends_at = math.inf  # on the clock of `monotonic`
        self.task: asyncio.Task[None] | None = None

    def start(self, bulkhead: Bulkhead, *, seconds: float) -> MemoryObjectReceiveStream[str | Exception]:
        """Begin, and give the stream of its sentences; an exception in it is what the run broke with."""
        self.ends_at = monotonic() + seconds
        send, receive = anyio.create_memory_object_stream[str | Exception](math.inf)
        self.task = asyncio.create_task(self.run(bulkhead, send, seconds=seconds))
        return receive

    async def sentences(self, stream: MemoryObjectReceiveStream[str | Exception]) -> AsyncGenerator[str | Exception]:
        """Yield what comes before the deadline: a model that hangs does not hold its reader."""
        while True:
            try:
                with anyio.fail_after(max(0.0, self.ends_at - monotonic())):
                    sentence = await stream.receive()
            except (TimeoutError, anyio.EndOfStream):
                return
            yield sentence

    def stop(self) -> None:
        """Let the model stop at its next token."""
        self.stopped.set()

    @property
    def late(self) -> bool:
        """Whether its time was over before the model ended."""
        return monotonic() >= self.ends_at

    @property
    def usage(self) -> Usage:
        prompt = self.model.tokens.count(f"{self.prompt.system}\n{self.prompt.user}")
        return Usage(prompt_tokens=prompt, completion_tokens=self.pieces)

    async def run(self, bulkhead: Bulkhead, send: MemoryObjectSendStream[str | Exception], *, seconds: float) -> None:
        with send, suppress(anyio.BrokenResourceError):  # the reader has gone
            try:
                async with bulkhead.enter(seconds=seconds):
                    await to_thread.run_sync(self.pump, send, asyncio.get_running_loop())
            except Exception as error:  # noqa: BLE001 - it goes to the reader, who quotes instead
                send.send_nowait(error)

    def pump(self, send: MemoryObjectSendStream[str | Exception], loop: asyncio.AbstractEventLoop) -> None:
        """Pull tokens in this thread until the model ends, the reader has gone or time is over.

        It hands sentences over without waiting for the event loop: one that has ended would never answer.
        """
        with closing(self.model.generate(self.prompt, max_tokens=self.max_tokens)) as tokens:
            for sentence in complete_sentences(self.watched(tokens), self.language, cut=self.cut):
                loop.call_soon_threadsafe(self.deliver, send, sentence)

    def deliver(self, send: MemoryObjectSendStream[str | Exception], sentence: str) -> None:
        try:
            send.send_nowait(sentence)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):  # the reader has gone, or the run has ended
            self.stop()

    def watched(self, tokens: Generator[str]) -> Generator[str]:
        while not self.stopped.is_set() and monotonic() < self.ends_at:
            piece = next(tokens, None)
            if piece is None:
                return
            self.pieces += 1
            yield piece

    def cut(self) -> bool:
        """Say whether the text so far ends where the model was stopped, not where it ended by itself."""
        return self.pieces >= self.max_tokens or self.stopped.is_set() or monotonic() >= self.ends_at


def complete_sentences(pieces: Iterable[str], language: str, *, cut: Callable[[], bool]) -> Generator[str]:
    """Yield each sentence once the next one begins; the last one too, unless it was cut before its end."""
    text = ""
    for piece in pieces:
        text += piece
        spans = sentence_spans(text, language)
        for start, end in spans[:-1]:
            yield text[start:end]
        if len(spans) > 1:
            text = text[spans[-1][0] :]
    for start, end in sentence_spans(text, language):
        if not cut() or text[start:end].endswith(ENDS):
            yield text[start:end]
