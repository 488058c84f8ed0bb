"""A language model that is opened when it first writes: where a tuned one writes in its place, it costs no memory."""

from collections.abc import Generator
from pathlib import Path
from threading import Lock

from groundsel_pipelines.models.loading import load_language_model
from groundsel_pipelines.models.manifest import read_manifest
from groundsel_pipelines.protocols import LanguageModel, Prompt, TokenCounter


class OpenedLater:
    """As `protocols.LanguageModel` says; what is wrong with its files is said when it is opened."""

    tuned = False

    def __init__(self, folder: Path, name: str, *, threads: int) -> None:
        """Read what is known of the model, without its files.

        Raises:
            UnknownName: it is not on disk.
            InvalidInput: its manifest cannot be read.

        """
        manifest = read_manifest(folder, name)
        self.model_id = f"{manifest.name}@{manifest.content_hash}"
        self.context_tokens = manifest.max_tokens
        self.languages = frozenset(manifest.languages)
        self._place = folder, name, threads
        self._opening = Lock()
        self._opened: LanguageModel | None = None

    def open(self) -> LanguageModel:
        """Open it, once; called in a worker thread, as it takes a second.

        Raises:
            InvalidInput: a file is missing or changed, or it is no decoder.
            Unavailable: the runtime cannot open it.

        """
        with self._opening:
            if self._opened is None:
                folder, name, threads = self._place
                self._opened = load_language_model(folder, name, threads=threads)
            return self._opened

    @property
    def tokens(self) -> TokenCounter:
        return self.open().tokens

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generator[str]:
        """Open it, if it is not yet, and write."""
        yield from self.open().generate(prompt, max_tokens=max_tokens)
