"""The language model: an exported decoder that writes the likeliest text, several askers' at the same time."""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import WeakValueDictionary

from tokenizers.decoders import DecodeStream

from groundsel_pipelines.errors import InvalidInput
from groundsel_pipelines.models.adapter_manifest import SILENT_FROM
from groundsel_pipelines.models.chat_template import ChatTemplate
from groundsel_pipelines.models.decoding.decoder import Decoder, Writing, log_probability
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.tokens import read_tokenizer, read_tokens
from groundsel_pipelines.prompting import FIRST_OF_REFUSAL, REFUSAL
from groundsel_pipelines.protocols import Prompt


class Base:
    """A decoder in memory with its tokenizer, once for all the adapters over it."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self.decoder = Decoder(folder, threads=threads)
        self.tokenizer = read_tokenizer(folder / "tokenizer.json")
        self.tokens = read_tokens(folder / "tokenizer.json")
        self.special = [token.content for token in self.tokenizer.get_added_tokens_decoder().values()]
        self.template = ChatTemplate(folder)


BASES: WeakValueDictionary[tuple[Path, int], Base] = WeakValueDictionary()
OPENING: Final = Lock()


def shared_base(folder: Path, *, threads: int) -> Base:
    """Give the base that another adapter uses already, or open it; a folder that was written is never changed."""
    with OPENING:
        base = BASES.get((folder, threads))
        if base is None:
            BASES[folder, threads] = base = Base(folder, threads=threads)
        return base


class OnnxLanguageModel:
    """Writes text after a prompt, as `protocols.LanguageModel` says."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int, adapter: Path | None = None) -> None:
        """Open the graph in `folder`; with an adapter, it is one that others may stand over as well.

        Raises:
            InvalidInput: the adapter is none, or what stands beside the graph is damaged.
            Unavailable: the runtime cannot open the graph.

        """
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self.context_tokens = manifest.max_tokens
        self.languages = frozenset(manifest.languages)
        self.tuned = adapter is not None
        self._base = shared_base(folder, threads=threads) if adapter else Base(folder, threads=threads)
        self.decoder = self._base.decoder
        self.tokens = self._base.tokens
        self.adapter = self.model_id if adapter else ""
        self._silent_from = manifest.checks.get(SILENT_FROM) if adapter else None
        if adapter:
            self.decoder.load_adapter(adapter, self.adapter)

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Give the ids of a prompt in the model's chat template; of a tuned model's, as it is.

        The text of special tokens is removed from it first: a document must not end the user's turn.
        """
        plain = Prompt(system=self._plain(prompt.system), user=self._plain(prompt.user))
        return self._ids(plain.user if self.tuned else self._base.template.render(plain))

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        """Yield text as it is decoded; closing the generator stops the model at the next token.

        Raises:
            InvalidInput: prompt and answer do not fit into the context.
            Unavailable: the runtime failed.

        """
        stream = DecodeStream(skip_special_tokens=True)
        with self._writing(prompt, max_tokens=max_tokens) as writing:
            if self._doubts(writing):
                yield f" {REFUSAL}"
                return
            for token in writing.tokens():
                if piece := stream.step(self._base.tokenizer, token):
                    yield piece

    def write(self, prompt: Prompt, *, begin: str, max_tokens: int) -> tuple[str, float]:
        """Write at once; give the text, and the log-probability that it would have begun as `begin` does."""
        with self._writing(prompt, max_tokens=max_tokens) as writing:
            likely = log_probability(writing.first(), self._ids(begin)[0])
            if self._doubts(writing):
                return f" {REFUSAL}", likely
            return self._base.tokenizer.decode(list(writing.tokens()), skip_special_tokens=True), likely

    def likelihoods(self, prompt: str, text: str) -> list[float]:
        """Give the log-probability of each token of `text` after the prompt, both as they are, and of the end."""
        text_and_end = [*self._ids(text), self.decoder.graph.ends[0]]
        return self.decoder.log_likelihoods(self._ids(prompt), text_and_end, adapter=self.adapter)

    def _writing(self, prompt: Prompt, *, max_tokens: int) -> closing[Writing]:
        ids = self.prompt_ids(prompt)
        if len(ids) + max_tokens > self.context_tokens:
            raise InvalidInput(
                f"a prompt of {len(ids)} tokens and an answer of {max_tokens} do not fit into the "
                f"{self.context_tokens} of {self.model_id}"
            )
        return closing(self.decoder.begin(ids, max_tokens=max_tokens, adapter=self.adapter))

    def _doubts(self, writing: Writing) -> bool:
        """Say whether silence is as likely, after the prompt, as it was found to be where nothing tells the answer."""
        if self._silent_from is None:
            return False
        return log_probability(writing.first(), self._ids(FIRST_OF_REFUSAL)[0]) >= self._silent_from

    def _ids(self, text: str) -> list[int]:
        return list(self._base.tokenizer.encode(text, add_special_tokens=False).ids)

    def _plain(self, text: str) -> str:
        for token in self._base.special:
            text = text.replace(token, " ")
        return text.strip()
