"""The files below a folder. Links are never followed, nothing outside the folder is opened."""

import contextlib
import os
import stat
from collections.abc import AsyncGenerator, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote_from_bytes

from groundsel_ingest.access import FILE_NAME, Access, read_access
from groundsel_ingest.connector import Change, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.globs import matches
from groundsel_pipelines.errors import InvalidInput, Rejected

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO would block its opener for ever, a device do worse: the kind is looked at again once it is open.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FilesOptions(Options):
    folder: Path  # the root
    include: tuple[str, ...] = ("**",)  # patterns, one of which a file must fit
    exclude: tuple[str, ...] = ()  # patterns that it must not fit


def create(source: Source) -> "Files":
    options = source.read(FilesOptions)
    return Files(
        options.folder.expanduser(),
        name=source.name,
        default=source.principals,
        include=options.include,
        exclude=options.exclude,
    )


class Files:
    """Lists a folder and all folders below it; links, and what is hidden, are passed over.

    Args:
        folder: the root; its access.toml is read at once.
        name: of the source, as shown to people.
        default: principals that may read what no rule of the folder's access.toml speaks of.
        include: patterns, one of which a file must fit.
        exclude: patterns that it must not fit.

    Raises:
        InvalidInput: `folder` is no folder that can be read, or its access.toml cannot be understood.

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
        self._folder = folder.resolve()
        self.place = readable(str(self._folder))
        self._prefix = f"{self._folder.as_uri().rstrip('/')}/"  # Path.as_uri of each file would take twice as long
        self._include = include
        self._exclude = exclude
        try:
            self._root = os.open(self._folder, FOLDER)
        except FileNotFoundError:
            raise InvalidInput(f"there is no folder {folder}; give the one that holds your documents") from None
        except NotADirectoryError:
            raise InvalidInput(f"{folder} is not a folder; give the one that holds your documents") from None
        except OSError as error:
            raise InvalidInput(f"{folder} cannot be read: {error.strerror}; check its rights") from None
        self._access, self.ruled = self._read_access(default)

    def close(self) -> None:
        os.close(self._root)

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - a folder can only be listed whole
        unlisted: list[str] = []
        for path, status in self._walk(unlisted):
            allowed, denied = self._access.of(path)
            item = Item(
                native_id=path,
                name=readable(PurePosixPath(path).name),
                uri=self._prefix + quote_from_bytes(os.fsencode(path)),
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
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Rejected("it is no regular file")
        return os.fdopen(descriptor, "rb")

    def _read_access(self, default: frozenset[str]) -> tuple[Access, bool]:
        """Give who may read what, and whether the folder itself says so."""
        where = f"{self.place}/{FILE_NAME}"
        try:
            with os.fdopen(self._open(FILE_NAME, FILE), encoding="utf-8") as file:
                return read_access(file.read(), default=default, where=where), True
        except FileNotFoundError:
            return Access(default=default), False
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

    def _walk(self, unlisted: list[str]) -> Generator[tuple[str, os.stat_result]]:
        """Yield the wanted regular files, folder by folder; what cannot be listed is said in `unlisted`."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                found = sorted(self._list(folder))
            except OSError as error:
                unlisted.append(f"{readable(folder) or self.place} cannot be listed: {error.strerror}")
                continue
            below = []
            for path, status in found:
                if stat.S_ISDIR(status.st_mode):
                    if not (matches(path, self._exclude) or matches(f"{path}/", self._exclude)):
                        below.append(path)
                elif stat.S_ISREG(status.st_mode) and path != FILE_NAME and self._wanted(path):
                    yield path, status
            waiting += reversed(below)

    def _list(self, folder: str) -> Iterator[tuple[str, os.stat_result]]:
        """Yield what is in `folder` and not hidden, each with its path below the root."""
        descriptor = self._open(folder, FOLDER) if folder else os.dup(self._root)
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        with contextlib.suppress(FileNotFoundError):  # gone since it was listed
                            path = f"{folder}/{entry.name}" if folder else entry.name
                            yield path, entry.stat(follow_symlinks=False)
        finally:
            os.close(descriptor)

    def _wanted(self, path: str) -> bool:
        return matches(path, self._include) and not matches(path, self._exclude)


def readable(path: str) -> str:
    """Give `path` as text that can be shown and stored: a file's name may be any bytes."""
    return os.fsencode(path).decode("utf-8", errors="replace")
