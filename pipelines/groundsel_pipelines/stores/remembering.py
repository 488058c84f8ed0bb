"""Vocabularies kept for a moment: counting one takes longer than a search, and an asker types many."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Final

from groundsel_pipelines.types import Vocabulary

REMEMBERED: Final = 16  # askers with the same groups share one; 50,000 words are about 8 MB
SECONDS: Final = 4.0  # after a change: as long as a word of a document that was just hidden may still be known (T20)


class Vocabularies:
    """The latest vocabularies, each with the state of the index it was counted at."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, tuple[object, float, Vocabulary]] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable, state: object) -> Vocabulary | None:
        """Give the one that is held, while the index is as it was or only just has changed."""
        with self._lock:
            if key not in self._held:
                return None
            at, since, vocabulary = self._held[key]
            if at != state and monotonic() - since > SECONDS:
                return None
            self._held.move_to_end(key)
            return vocabulary

    def keep(self, key: Hashable, state: object, vocabulary: Vocabulary) -> Vocabulary:
        with self._lock:
            self._held[key] = (state, monotonic(), vocabulary)
            self._held.move_to_end(key)
            if len(self._held) > REMEMBERED:
                self._held.popitem(last=False)
        return vocabulary

    def of(self, key: Hashable, state: object, learn: Callable[[], Vocabulary]) -> Vocabulary:
        """Give the one that is held, or learn it."""
        return self.find(key, state) or self.keep(key, state, learn())
