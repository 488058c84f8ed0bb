"""The files below a folder. Links are never followed, nothing outside the folder is opened."""

import os
import stat
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from groundsel_ingest.access import FILE_NAME, Access, read_access
from groundsel_ingest.connector import Change, Item, ListingEnd, Upsert
from groundsel_ingest.globs import matches
from groundsel_pipelines.errors import InvalidInput, Rejected

MOST_BYTES = 100 * 1024**2  # of one file: what the parsers' memory still holds
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO would block its opener for ever, a device do worse: the kind is looked at again once it is open.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Files:
    """Lists a folder recursively, in the order of names; hidden files and folders are passed over.

    Args:
        folder: the root.
        name: of the source, as shown to people.
        default: principals that may read what no rule of the folder's access.toml speaks of.
        include: patterns, one of which a file must fit.
        exclude: patterns that it must not fit.

    Raises:
        InvalidInput: `folder` is no folder that can be read.

    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        default: frozenset[str],
        include: tuple[str, ...] = ("**",),
        exclude: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.place = str(folder.resolve())
        self._default = default
        self._include = include
        self._exclude = exclude
        try:
            self._root = os.open(self.place, FOLDER)
        except FileNotFoundError:
            raise InvalidInput(f"there is no folder {folder}; give the one that holds your documents") from None
        except NotADirectoryError:
            raise InvalidInput(f"{folder} is not a folder; give the one that holds your documents") from None
        except OSError as error:
            raise InvalidInput(f"{folder} cannot be read: {error.strerror}; check its rights") from None

    def close(self) -> None:
        os.close(self._root)

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - a folder can only be listed whole
        access = self._access()
        unlisted: list[str] = []
        for path, status in self._walk("", unlisted):
            allowed, denied = access.of(path)
            item = Item(
                native_id=path,
                name=PurePosixPath(path).name,
                uri=Path(self.place, path).as_uri(),
                stamp=f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}",
                modified_at=datetime.fromtimestamp(status.st_mtime, UTC),
                allowed=allowed,
                denied=denied,
            )
            yield Upsert(item=item), ""
        yield ListingEnd(unlisted=tuple(unlisted)), ""

    def open(self, item: Item) -> BinaryIO:
        try:
            descriptor = self._open(item.native_id, FILE)
        except OSError as error:
            raise Rejected(f"it cannot be opened: {error.strerror}") from error
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            os.close(descriptor)
            raise Rejected(
                f"it is larger than {MOST_BYTES // 1024**2} MiB"
                if stat.S_ISREG(status.st_mode)
                else "it is no regular file"
            )
        return os.fdopen(descriptor, "rb")

    def _access(self) -> Access:
        where = f"{self.place}/{FILE_NAME}"
        try:
            with os.fdopen(self._open(FILE_NAME, FILE), encoding="utf-8") as file:
                return read_access(file.read(), default=self._default, where=where)
        except FileNotFoundError:
            return Access(default=self._default)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{where} cannot be read: {error}; mend it, nothing was indexed") from None

    def _open(self, path: str, flags: int) -> int:
        """Open `path` one name at a time, each below the one before: no link is followed, wherever it stands."""
        *folders, name = PurePosixPath(path).parts
        parent = os.dup(self._root)
        try:
            for folder in folders:
                below = os.open(folder, FOLDER, dir_fd=parent)
                os.close(parent)
                parent = below
            return os.open(name, flags, dir_fd=parent)
        finally:
            os.close(parent)

    def _walk(self, path: str, unlisted: list[str]) -> Generator[tuple[str, os.stat_result]]:
        """Yield the regular files below the folder at `path`; what cannot be listed is said in `unlisted`."""
        try:
            descriptor = self._open(path, FOLDER) if path else os.dup(self._root)
            try:
                with os.scandir(descriptor) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
                statuses = [(entry.name, entry.stat(follow_symlinks=False)) for entry in found]
            finally:
                os.close(descriptor)
        except OSError as error:
            unlisted.append(f"{path or self.place} cannot be listed: {error.strerror}")
            return
        for name, status in statuses:
            below = f"{path}/{name}" if path else name
            if name.startswith(".") or below == FILE_NAME:
                continue
            if stat.S_ISDIR(status.st_mode):
                if not (matches(below, self._exclude) or matches(f"{below}/", self._exclude)):
                    yield from self._walk(below, unlisted)
            elif stat.S_ISREG(status.st_mode) and self._wanted(below):
                yield below, status

    def _wanted(self, path: str) -> bool:
        return matches(path, self._include) and not matches(path, self._exclude)
