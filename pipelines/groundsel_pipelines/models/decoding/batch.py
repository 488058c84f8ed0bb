"""Texts that are written side by side with one adapter: they come and go between two steps (continuous batching).

One prompt is read at a time, a piece a step, while the texts whose prompts have been read go on by a token each. One
that is alone, or whose draft is long, goes on by as many tokens as that foretells rightly.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

import numpy as np

from groundsel_pipelines.models.decoding.adapter import Adapter
from groundsel_pipelines.models.decoding.cache import Cache, shared
from groundsel_pipelines.models.decoding.drafting import LONG, LONGEST, SHORTEST, drafted
from groundsel_pipelines.models.decoding.graph import DecoderGraph
from groundsel_pipelines.models.graphs.weights import Floats

READ_AT_ONCE: Final = 64  # tokens of a prompt: what the others wait for, a tenth of a second
KEPT_BYTES: Final = 2**26  # of keys and values, after the last text: the next may begin as one of them did


@dataclass(slots=True, kw_only=True, eq=False)
class Text:
    """One that is written."""

    tokens: list[int]  # the prompt, and what was written after it
    prompt: int  # tokens
    longest: int  # tokens, with the prompt
    shortcuts: bool = True  # whether a beginning that has been read is kept, and drafts are checked
    ready: deque[int] = field(default_factory=deque[int])  # written and not yet fetched
    first: Floats | None = None  # the logits after the prompt, once it has been read
    draft: int = SHORTEST  # tokens to foretell
    done: bool = False  # by itself
    closed: bool = False  # by who asked for it
    failure: Exception | None = None


class Batch:
    """Those with one adapter. Row n of the cache is that of the n-th which is written; after them is the one read."""

    def __init__(self, graph: DecoderGraph, adapter: Adapter) -> None:
        self._graph = graph
        self._adapter = adapter
        self._cache = self._empty()
        self._waiting: deque[Text] = deque()
        self._reading: Text | None = None
        self._writing: list[Text] = []

    @property
    def idle(self) -> bool:
        return not (self._writing or self._reading or self._waiting)

    def join(self, text: Text) -> None:
        """Let a text wait for its turn; also while a step is taken."""
        self._waiting.append(text)

    def let_go(self) -> None:
        """Free the rows of the texts that are done or were closed."""
        for text in [each for each in list(self._waiting) if each.closed]:
            self._waiting.remove(text)  # in place: another may join it meanwhile
        if self._reading and self._reading.closed:
            self._reading = None
        for text in [each for each in self._writing if each.done or each.closed]:
            self._close_row(self._writing.index(text))
        if self.idle and self._cache.nbytes > KEPT_BYTES:
            self._cache = self._empty()

    def step(self) -> None:
        """Read a piece of a prompt, and write at least one token of every text whose prompt has been read."""
        try:
            self._read()
            self.let_go()
            self._write()
            self.let_go()
        except Exception as error:  # noqa: BLE001 - whoever waits for one of the texts raises it
            self._fail(error)

    def _read(self) -> None:
        row = len(self._writing)
        if self._reading is None and self._waiting:
            self._reading = self._waiting.popleft()
            self._seat(self._reading, row)
        if self._reading is None:
            return
        text, held = self._reading, self._cache.held[row]
        piece = text.tokens[len(held) : len(held) + READ_AT_ONCE]
        logits = self._run(row, [piece], asked=[len(piece) - 1])
        if len(held) == text.prompt:
            text.first = first = logits[0, 0]
            self._reading = None
            self._writing.append(text)
            _take(text, [int(first.argmax())], self._graph.ends)

    def _seat(self, text: Text, row: int) -> None:
        """Give a text its row, with as much of its prompt as another row holds."""
        self._cache = self._cache.grown(rows=row + 1, length=text.longest)
        origin, alike = self._cache.like(text.tokens[:-1])  # the last token is read for what follows it
        self._cache.copy(self._cache, origin, row, tokens=alike if text.shortcuts else 0)

    def _write(self) -> None:
        """Write those by themselves whose drafts are long, and the others together."""
        drafts = [(text, _draft(text)) for text in self._writing]
        together = [text for text, draft in drafts if len(draft) < LONG]
        if len(together) == 1:
            together = []
        for text, draft in drafts:
            if text not in together:
                self._write_one(text, draft)
        if together:
            self._write_all(self._writing.index(together[0]), self._writing.index(together[-1]) + 1)

    def _write_one(self, text: Text, draft: Sequence[int]) -> None:
        """Check the draft of the next tokens, and take those that the model would have written and the one after."""
        row, piece = self._writing.index(text), [text.tokens[-1], *draft]
        found = self._run(row, [piece], asked=range(len(piece)))[0].argmax(axis=1).tolist()
        right = shared(draft, found)
        text.draft = min(LONGEST, 2 * text.draft) if draft and right == len(draft) else SHORTEST
        del self._cache.held[row][len(text.tokens) + right :]  # what was foretold otherwise
        _take(text, found[: right + 1], self._graph.ends)

    def _write_all(self, first: int, end: int) -> None:
        """Write one token of each of these rows; of one between them that has gone on by itself, another."""
        texts = self._writing[first:end]
        logits = self._run(first, [text.tokens[-1:] for text in texts], asked=[0])
        for text, token in zip(texts, logits[:, 0].argmax(axis=1).tolist(), strict=True):
            if not text.done:
                _take(text, [token], self._graph.ends)

    def _run(self, row: int, pieces: Sequence[list[int]], *, asked: Sequence[int]) -> Floats:
        """Read a piece after what each row from this one holds, and give the logits of the tokens asked for."""
        held = self._cache.held[row : row + len(pieces)]
        for tokens, piece in zip(held, pieces, strict=True):
            tokens.extend(piece)
        binding = self._cache.binding(row, len(pieces))
        return self._graph.run(binding, np.array(pieces, np.int64), [len(each) for each in held], asked)

    def _close_row(self, row: int) -> None:
        """Move the last text that is written into this row, and the one that is read after those that are left."""
        last = len(self._writing) - 1
        if row != last:
            self._writing[row] = self._writing[last]
            self._cache.copy(self._cache, last, row)
        self._writing.pop()
        if self._reading:
            self._cache.copy(self._cache, last + 1, last)

    def _fail(self, error: Exception) -> None:
        """Tell all texts but those that wait that one step failed, and forget what the cache holds."""
        for text in [*self._writing, *([self._reading] if self._reading else [])]:
            text.failure, text.done = error, True
        self._writing.clear()
        self._reading = None
        self._cache = self._empty()

    def _empty(self) -> Cache:
        return Cache(self._graph, self._adapter, rows=1, length=0)


def _draft(text: Text) -> Sequence[int]:
    if not text.shortcuts:
        return ()
    return drafted(text.tokens, min(text.draft, text.longest - len(text.tokens)))


def _take(text: Text, tokens: Sequence[int], ends: Collection[int]) -> None:
    """Add what was written, up to the end of the text or to its longest."""
    found = tokens[: text.longest - len(text.tokens)]
    written = list(takewhile(lambda token: token not in ends, found))
    text.tokens += written
    text.ready += written
    text.done = len(written) < len(found) or len(text.tokens) >= text.longest
