"""Questions that many have asked, proposed to those who may see what they are about.

A question may itself tell a secret. So one is proposed only to who may see a document that holds all of its telling
words: it then says nothing that this document does not.
"""

import logging
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

import anyio
from anyio import to_thread

from groundsel_pipelines.errors import GroundselError
from groundsel_pipelines.protocols import Store
from groundsel_pipelines.query_log import lines_of, log_files
from groundsel_pipelines.types import Query, Suggestion
from groundsel_pipelines.understanding.completing import suggestion
from groundsel_pipelines.words import asked_language, telling_words

logger = logging.getLogger(__name__)

REREAD_SECONDS: Final = 30.0  # after which what has been asked meanwhile counts as well
KNOWN_SECONDS: Final = 4.0  # that an answer of the store stands for: rights are followed within five (T20)
KNOWN: Final = 4096  # answers of the store that are kept
PROPOSED: Final = 3  # questions among the completions: titles are seen, too
LOOKED_UP: Final = 6  # questions that the store is asked about for one beginning


@dataclass(slots=True, kw_only=True)
class AskedBefore:
    """Counts the questions of a log whose text is kept, and proposes those asked `least` times and more; 0 is never."""

    store: Store
    folder: Path
    least: int
    _files: dict[Path, tuple[int, Counter[str]]] = field(default_factory=dict[Path, tuple[int, Counter[str]]])
    _frequent: tuple[Suggestion, ...] = ()
    _read_at: float | None = None
    _known: OrderedDict[tuple[str, frozenset[str]], tuple[float, bool]] = field(
        default_factory=OrderedDict[tuple[str, frozenset[str]], tuple[float, bool]]
    )
    _reading: anyio.Lock = field(default_factory=anyio.Lock)

    async def completing(self, begin: str, principals: frozenset[str]) -> tuple[Suggestion, ...]:
        """Give frequent questions in which a word begins with `begin` (folded), most frequent first."""
        if not self.least or not begin:
            return ()
        found: list[Suggestion] = []
        fitting = [each for each in await self.frequent() if f" {begin}" in f" {each.folded}"]
        for each in fitting[:LOOKED_UP]:
            if len(found) < PROPOSED and await self.may_be_shown(each.text, principals):
                found.append(each)
        return tuple(found)

    async def may_be_shown(self, text: str, principals: frozenset[str]) -> bool:
        """Say whether some document that the asker may see holds all that a question tells."""
        key = (text, principals)
        if (known := self._known.get(key)) and monotonic() - known[0] < KNOWN_SECONDS:
            return known[1]
        telling = tuple(text[word.start : word.end] for word in telling_words(text, asked_language(text)) if word.stem)
        shown = False
        if telling:
            holding = Query(text=" ".join(telling), principals=principals, phrases=telling)
            shown = (await self.store.match_set(holding, also=frozenset(), facets=())).total > 0
        self._known[key] = (monotonic(), shown)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return shown

    async def frequent(self) -> tuple[Suggestion, ...]:
        """Give the frequent questions of everyone; for nobody's eyes as they are."""
        async with self._reading:
            if self._read_at is None or monotonic() - self._read_at > REREAD_SECONDS:
                try:
                    self._frequent = await to_thread.run_sync(self._count)
                except (GroundselError, OSError) as error:  # a damaged log costs no completion of another kind
                    logger.warning("frequent questions are not proposed: %s", error)
                self._read_at = monotonic()
        return self._frequent

    def _count(self) -> tuple[Suggestion, ...]:
        """Count; a file of a day that has not grown is not read again."""
        files = {file: file.stat().st_size for file in log_files(self.folder)}
        self._files = {file: held for file, held in self._files.items() if file in files}
        for file, size in files.items():
            if file not in self._files or self._files[file][0] != size:
                self._files[file] = (size, counted(file))
        times = sum((held for _, held in self._files.values()), Counter[str]())
        return tuple(suggestion(text, "query") for text, count in times.most_common() if count >= self.least)


def counted(file: Path) -> Counter[str]:
    """Count the searches of a day that found something, by their texts without case and doubled spaces."""
    times: Counter[str] = Counter()
    for line in lines_of(file):
        own = line["groundsel"]
        if line["event"]["action"] == "search" and own["hits"]["total"] and "text" in own["query"]:
            times[" ".join(own["query"]["text"].split()).lower()] += 1
    return times
