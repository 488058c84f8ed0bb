"""A shelf of opened models: one that is installed anew, rolled back or removed is followed while requests go on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final, Generic, TypeVar

from groundsel_pipelines.models.manifest import FILE

logger = logging.getLogger(__name__)

LOOKED_AT_SECONDS: Final = 2.0  # a look costs a system call; whoever installs a model waits longer for the command

Model = TypeVar("Model")
Stamp = tuple[int, int]  # of the manifest: its inode and time; a folder that is swapped for another changes it


@dataclass(slots=True)
class Standing(Generic[Model]):
    """One model, as it was when the disk was last looked at."""

    stamp: Stamp | None
    model: Model | None
    looked_at: float  # on the clock of `monotonic`


class Shelf(Generic[Model]):
    """Gives models of one role by their names; called from worker threads, as opening one takes a moment."""

    def __init__(self, folder: Path, load: Callable[[Path, str], Model]) -> None:
        """Take models from `folder`, each opened by `load` when it is first asked for."""
        self._folder = folder
        self._load = load
        self._standing: dict[str, Standing[Model]] = {}
        self._opening = Lock()

    def take(self, name: str) -> Model | None:
        """Give the model as it is installed now, or None where it is not on disk or was never whole.

        While one caller opens what was installed anew, the others go on with the former one; so do all where the new
        one cannot be opened.
        """
        known = self._standing.get(name)
        if known and monotonic() - known.looked_at < LOOKED_AT_SECONDS:
            return known.model
        if known and self._opening.locked():
            return known.model
        with self._opening:
            return self._looked_at(name)

    def _looked_at(self, name: str) -> Model | None:
        known = self._standing.get(name)
        stamp = self._stamp(name)
        if known and (known.stamp == stamp or monotonic() - known.looked_at < LOOKED_AT_SECONDS):
            known.looked_at = monotonic()
            return known.model
        model = known.model if known else None
        if stamp is None:
            model = None
        else:
            try:
                model = self._load(self._folder, name)
            except Exception as error:  # noqa: BLE001 - whatever breaks in it, search and answers go on as they did
                logger.warning("the model %r could not be opened: %s", name, error)
            else:
                logger.info("the model %r is in use", name)
        self._standing[name] = Standing(stamp=stamp, model=model, looked_at=monotonic())
        return model

    def _stamp(self, name: str) -> Stamp | None:
        try:
            found = (self._folder / name / FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
