# pyright: reportAttributeAccessIssue=false
# The library is one binary module without stubs: its names are not known before it is loaded.
"""The language model: an exported decoder on onnxruntime-genai, greedy, one call at a time."""

import json
from collections.abc import Generator
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
import onnxruntime_genai as genai
from tokenizers.decoders import DecodeStream

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.models.adapter_manifest import SILENT_FROM
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.tokens import read_tokenizer, read_tokens
from groundsel_pipelines.prompting import FIRST_OF_REFUSAL, REFUSAL
from groundsel_pipelines.protocols import Prompt


class Base:
    """A decoder in memory, once for all the adapters over it."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self.model = _open(folder, threads=threads)
        self.tokenizer = read_tokenizer(folder / "tokenizer.json")
        self.tokens = read_tokens(folder / "tokenizer.json")
        self.special = [token.content for token in self.tokenizer.get_added_tokens_decoder().values()]
        self.template = genai.Tokenizer(self.model)
        self.adapters = genai.Adapters(self.model)
        self.loaded: set[str] = set()
        self.lock = Lock()  # one decoder uses all cores; two at once would only be slower


BASES: WeakValueDictionary[tuple[Path, int], Base] = WeakValueDictionary()
OPENING: Final = Lock()
# Tokens, an eighth of a second: the library holds Python's lock meanwhile, and with it every request of the service.
# Fewer make reading slower (8 % at 32).
READ_AT_ONCE: Final = 64


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
            InvalidInput: the adapter is none.
            Unavailable: the runtime cannot open the graph.

        """
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self.context_tokens = manifest.max_tokens
        self.languages = frozenset(manifest.languages)
        self.tuned = adapter is not None
        self._base = shared_base(folder, threads=threads) if adapter else Base(folder, threads=threads)
        self.tokens = self._base.tokens
        self._adapter = self.model_id if adapter else ""
        self._silent_from = manifest.checks.get(SILENT_FROM) if adapter else None
        if adapter and self.model_id not in self._base.loaded:
            self.load_adapter(adapter, self.model_id)
            self._base.loaded.add(self.model_id)

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Give the ids of a prompt in the model's chat template; of a tuned model's, as it is.

        The text of special tokens is removed from it first: a document must not end the user's turn.
        """
        if self.tuned:
            return self._ids(self._plain(prompt.user))
        messages = [
            {"role": "system", "content": self._plain(prompt.system)},
            {"role": "user", "content": self._plain(prompt.user)},
        ]
        text = self._base.template.apply_chat_template(
            json.dumps([message for message in messages if message["content"]]), add_generation_prompt=True
        )
        return self._ids(text)

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        """Yield text as it is decoded; closing the generator stops the model at the next token.

        Raises:
            InvalidInput: prompt and answer do not fit into the context.
            Unavailable: the runtime failed.

        """
        ids = self.prompt_ids(prompt)
        if len(ids) + max_tokens > self.context_tokens:
            raise InvalidInput(
                f"a prompt of {len(ids)} tokens and an answer of {max_tokens} do not fit into the "
                f"{self.context_tokens} of {self.model_id}"
            )
        stream = DecodeStream(skip_special_tokens=True)
        for token in self.generate_ids(ids, max_tokens=max_tokens, adapter=self._adapter):
            if piece := stream.step(self._base.tokenizer, token):
                yield piece

    def load_adapter(self, file: Path, name: str) -> None:
        """Load what `adapters.write_adapter` wrote, under a name; the base stays in memory once for all of them.

        Raises:
            InvalidInput: the file is no adapter.

        """
        try:
            self._base.adapters.load(str(file), name)
        except RuntimeError as error:
            raise InvalidInput(f"the adapter {file} cannot be loaded: {error}") from None

    def generate_ids(self, ids: list[int], *, max_tokens: int, adapter: str = "") -> Generator[int]:
        """Yield the most likely token, again and again, until the model ends or `max_tokens` are made."""
        with self._base.lock:
            try:
                generator = self._generator(len(ids) + max_tokens, adapter)
                _read(generator, ids)
                if adapter == self._adapter and self._doubts(generator):
                    yield from self._ids(f" {REFUSAL}")
                    return
                while not generator.is_done():
                    generator.generate_next_token()
                    yield int(generator.get_next_tokens()[0])
            except RuntimeError as error:  # what the library raises for everything, out of memory included
                raise Unavailable(f"the language model {self.model_id} failed: {error}") from error

    def write(self, prompt: Prompt, *, begin: str, max_tokens: int) -> tuple[str, float]:
        """Write at once; give the text, and the log-probability that it would have begun as `begin` does."""
        ids, first = self.prompt_ids(prompt), self._ids(begin)[0]
        with self._base.lock:
            generator = self._generator(len(ids) + max_tokens, self._adapter)
            _read(generator, ids)
            likely = _log_likely(generator, first)
            if self._doubts(generator):
                return f" {REFUSAL}", likely
            while not generator.is_done():
                generator.generate_next_token()
            found = [int(token) for token in generator.get_sequence(0)[len(ids) :]]
        return self._base.tokenizer.decode(found, skip_special_tokens=True), likely

    def likelihoods(self, prompt: str, text: str) -> list[float]:
        """Give the log-probability of each token of `text` after the prompt, both as they are, and of the end."""
        tokens = [*self._ids(text), self._end]
        found = []
        with self._base.lock:
            ids = self._ids(prompt)
            generator = self._generator(len(ids) + len(tokens), self._adapter)
            for token in tokens:
                generator.append_tokens(np.array(ids, np.int32))
                found.append(_log_likely(generator, token))
                ids = [token]
        return found

    def _doubts(self, generator: genai.Generator) -> bool:
        """Say whether silence is as likely, after the prompt, as it was found to be where nothing tells the answer."""
        if self._silent_from is None:
            return False
        return _log_likely(generator, self._ids(FIRST_OF_REFUSAL)[0]) >= self._silent_from

    @property
    def _end(self) -> int:
        return int(self._base.template.eos_token_ids[0])

    def _generator(self, length: int, adapter: str) -> genai.Generator:
        parameters = genai.GeneratorParams(self._base.model)
        parameters.set_search_options(max_length=length, do_sample=False)
        generator = genai.Generator(self._base.model, parameters)
        if adapter:
            generator.set_active_adapter(self._base.adapters, adapter)
        return generator

    def _ids(self, text: str) -> list[int]:
        return list(self._base.tokenizer.encode(text, add_special_tokens=False).ids)

    def _plain(self, text: str) -> str:
        for token in self._base.special:
            text = text.replace(token, " ")
        return text.strip()


def _read(generator: genai.Generator, ids: list[int]) -> None:
    """Read a prompt piece by piece: between them the other threads go on."""
    for start in range(0, len(ids), READ_AT_ONCE):
        generator.append_tokens(np.array(ids[start : start + READ_AT_ONCE], np.int32))


def _log_likely(generator: genai.Generator, token: int) -> float:
    """Give the log-probability that a token comes next."""
    logits = np.asarray(generator.get_logits(), np.float64).reshape(-1)
    return float(logits[token] - logits.max() - np.log(np.exp(logits - logits.max()).sum()))


def _open(folder: Path, *, threads: int) -> genai.Model:
    config = genai.Config(str(folder))
    if threads:
        config.overlay(json.dumps({"model": {"decoder": {"session_options": {"intra_op_num_threads": threads}}}}))
    try:
        return genai.Model(config)
    except RuntimeError as error:
        raise Unavailable(f"the language model in {folder} cannot be opened: {error}") from None
