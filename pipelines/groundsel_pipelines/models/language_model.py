# pyright: reportAttributeAccessIssue=false
# The library is one binary module without stubs: its names are not known before it is loaded.
"""The language model: an exported decoder on onnxruntime-genai, greedy, one call at a time."""

import json
from collections.abc import Generator
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime_genai as genai
from tokenizers.decoders import DecodeStream

from groundsel_pipelines.errors import InvalidInput, Unavailable
from groundsel_pipelines.models.manifest import Manifest
from groundsel_pipelines.models.tokens import read_tokenizer, read_tokens
from groundsel_pipelines.protocols import Prompt


class OnnxLanguageModel:
    """Writes text after a prompt, as `protocols.LanguageModel` says."""

    def __init__(self, folder: Path, manifest: Manifest, *, threads: int) -> None:
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self.context_tokens = manifest.max_tokens
        self.tokens = read_tokens(folder / "tokenizer.json")
        self._tokenizer = read_tokenizer(folder / "tokenizer.json")
        self._special = [token.content for token in self._tokenizer.get_added_tokens_decoder().values()]
        self._model = _open(folder, threads=threads)
        self._template = genai.Tokenizer(self._model)
        self._adapters = genai.Adapters(self._model)
        self._lock = Lock()  # one decoder uses all cores; two at once would only be slower

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Give the ids of a prompt in the model's chat template.

        The text of special tokens is removed from it first: a document must not end the user's turn.
        """
        messages = [
            {"role": "system", "content": self._plain(prompt.system)},
            {"role": "user", "content": self._plain(prompt.user)},
        ]
        text = self._template.apply_chat_template(
            json.dumps([message for message in messages if message["content"]]), add_generation_prompt=True
        )
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

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
        for token in self.generate_ids(ids, max_tokens=max_tokens):
            if piece := stream.step(self._tokenizer, token):
                yield piece

    def load_adapter(self, file: Path, name: str) -> None:
        """Load what `adapters.write_adapter` wrote, under a name; the base stays in memory once for all of them.

        Raises:
            InvalidInput: the file is no adapter.

        """
        try:
            self._adapters.load(str(file), name)
        except RuntimeError as error:
            raise InvalidInput(f"the adapter {file} cannot be loaded: {error}") from None

    def generate_ids(self, ids: list[int], *, max_tokens: int, adapter: str = "") -> Generator[int]:
        """Yield the most likely token, again and again, until the model ends or `max_tokens` are made."""
        with self._lock:
            try:
                parameters = genai.GeneratorParams(self._model)
                parameters.set_search_options(max_length=len(ids) + max_tokens, do_sample=False)
                generator = genai.Generator(self._model, parameters)
                if adapter:
                    generator.set_active_adapter(self._adapters, adapter)
                generator.append_tokens(np.array(ids, np.int32))
                while not generator.is_done():
                    generator.generate_next_token()
                    yield int(generator.get_next_tokens()[0])
            except RuntimeError as error:  # what the library raises for everything, out of memory included
                raise Unavailable(f"the language model {self.model_id} failed: {error}") from error

    def _plain(self, text: str) -> str:
        for token in self._special:
            text = text.replace(token, " ")
        return text.strip()


def _open(folder: Path, *, threads: int) -> genai.Model:
    config = genai.Config(str(folder))
    if threads:
        config.overlay(json.dumps({"model": {"decoder": {"session_options": {"intra_op_num_threads": threads}}}}))
    try:
        return genai.Model(config)
    except RuntimeError as error:
        raise Unavailable(f"the language model in {folder} cannot be opened: {error}") from None
