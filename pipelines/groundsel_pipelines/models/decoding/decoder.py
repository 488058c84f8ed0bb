"""A decoder in memory, once for all the adapters over it and for all who write with it at the same time."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Condition

import numpy as np

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.decoding.adapter import Adapter, read_adapter
from groundsel_pipelines.models.decoding.batch import Batch, Text
from groundsel_pipelines.models.decoding.cache import Cache
from groundsel_pipelines.models.decoding.graph import DecoderGraph
from groundsel_pipelines.models.graphs.weights import Floats


class Decoder:
    """Writes texts side by side. It has no thread of its own: whoever waits for a token takes the next step for all."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        """Open the graph in `folder`; raises as `DecoderGraph` does."""
        self.graph = DecoderGraph(folder, threads=threads)
        self._adapters = {"": Adapter()}
        self._batches: dict[str, Batch] = {}
        # A step takes all cores: two at once would only be slower. Who waits is woken after each: a lock alone could be
        # taken again and again by the one that has just taken a step
        self._turn = Condition()
        self._stepping = False

    def load_adapter(self, file: Path, name: str) -> None:
        """Read what an adapter adds, once, under a name.

        Raises:
            InvalidInput: the file is no adapter, or not one of this graph.

        """
        with self._turn:
            if name in self._adapters:
                return
            adapter = read_adapter(file)
            if strange := adapter.values.keys() - self.graph.inputs:
                raise InvalidInput(f"the adapter {file} adds {min(strange)!r}, which this decoder has no place for")
            self._adapters[name] = adapter

    def begin(self, prompt: Sequence[int], *, max_tokens: int, adapter: str = "", shortcuts: bool = True) -> "Writing":
        """Let a text be written after these tokens, until it is closed.

        Args:
            prompt: one token at least.
            max_tokens: to be written.
            adapter: the name of one that was loaded; none for the base itself.
            shortcuts: whether a beginning that has been read is kept and drafts are checked: the same text, sooner, but
                for rounding. Without them the speed of the graph is measured.

        """
        text = Text(tokens=list(prompt), prompt=len(prompt), longest=len(prompt) + max_tokens, shortcuts=shortcuts)
        with self._turn:
            if not self._stepping:  # what an idle batch remembers is let go: memory of one is enough
                self._batches = {name: each for name, each in self._batches.items() if name == adapter or not each.idle}
            if adapter not in self._batches:
                self._batches[adapter] = Batch(self.graph, self._adapters[adapter])
            batch = self._batches[adapter]
            batch.join(text)
        return Writing(self, batch, text)

    def generate(
        self, prompt: Sequence[int], *, max_tokens: int, adapter: str = "", shortcuts: bool = True
    ) -> Generator[int]:
        """Yield the tokens of a text, as `begin` begins it; closing the generator closes the text."""
        with closing(self.begin(prompt, max_tokens=max_tokens, adapter=adapter, shortcuts=shortcuts)) as writing:
            yield from writing.tokens()

    def log_likelihoods(self, prompt: Sequence[int], text: Sequence[int], *, adapter: str = "") -> list[float]:
        """Give the log-probability of each token of a text after its prompt, both read at once."""
        tokens = [*prompt, *text]
        cache = Cache(self.graph, self._adapters[adapter], rows=1, length=len(tokens))
        asked = range(len(prompt) - 1, len(tokens) - 1)
        logits = self.graph.run(cache.binding(0, 1), np.array([tokens], np.int64), [len(tokens)], asked)[0]
        return [log_probability(each, token) for each, token in zip(logits, text, strict=True)]

    def step_until(self, ready: Callable[[], bool]) -> None:
        """Take steps for all texts, or wait while another takes them, until that is so."""
        while True:
            with self._turn:
                self._turn.wait_for(lambda: not self._stepping or ready())
                if ready():
                    return
                self._stepping = True
                batches = list(self._batches.values())
            try:
                for batch in batches:
                    batch.step()
            finally:
                with self._turn:
                    self._stepping = False
                    for batch in batches:  # of texts that were closed meanwhile
                        batch.let_go()
                    self._turn.notify_all()

    def close(self, batch: Batch, text: Text) -> None:
        """Let a text go: now, or after the step that is being taken."""
        with self._turn:
            text.closed = True
            if not self._stepping:
                batch.let_go()


class Writing:
    """A text that is written; closing it stops that at the next token."""

    def __init__(self, decoder: Decoder, batch: Batch, text: Text) -> None:
        self._decoder = decoder
        self._batch = batch
        self._text = text

    def first(self) -> Floats:
        """Give the logits of what may follow the prompt, shape (vocabulary,).

        Raises:
            Unavailable: the runtime failed.

        """
        text = self._text
        self._decoder.step_until(lambda: text.first is not None or text.done or text.closed)
        if text.failure or text.first is None:
            raise text.failure or RuntimeError("the text was closed before its prompt was read")
        return text.first

    def tokens(self) -> Generator[int]:
        """Yield what is written, without the token that ends it.

        Raises:
            Unavailable: the runtime failed.

        """
        text = self._text
        while True:
            self._decoder.step_until(lambda: bool(text.ready) or text.done or text.closed)
            if text.failure:
                raise text.failure
            if not text.ready:
                return
            yield text.ready.popleft()

    def close(self) -> None:
        self._decoder.close(self._batch, self._text)


def log_probability(logits: Floats, token: int) -> float:
    """Give the log-probability of one token from the logits of all."""
    values = logits.astype(np.float64)
    highest = values.max()
    return float(values[token] - highest - np.log(np.exp(values - highest).sum()))
