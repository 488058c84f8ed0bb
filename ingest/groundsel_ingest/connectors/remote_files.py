"""The files below a folder elsewhere: a bucket, a server, an archive; whatever fsspec can list and open."""

import io
import queue
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, TypeVar, cast
from urllib.parse import quote, urlsplit

from anyio import to_thread
from fsspec import AbstractFileSystem

from groundsel_ingest.access import FILE_NAME, Access, read_access
from groundsel_ingest.connector import Change, Item, ListingEnd, Upsert
from groundsel_ingest.connectors.failures import translated
from groundsel_ingest.connectors.filesystems import Place, file_system, without_secrets
from groundsel_ingest.connectors.listing import Entry, page
from groundsel_ingest.connectors.wanted import Wanted
from groundsel_pipelines.errors import GroundselError, InvalidInput, Rejected, Unavailable

DEEPEST: Final = 100  # folders in folders: beyond it a server leads in circles
VERSIONS: Final = ("ETag", "etag", "e_tag", "VersionId", "checksum", "content_hash", "md5Hash")
TIMES: Final = ("mtime", "LastModified", "last_modified", "modified", "updated", "last_write_time", "date_time")
Result = TypeVar("Result")


class RemoteFiles:
    """Lists a folder and all folders below it; links, and what is hidden, are passed over.

    Its access.toml is read at once, so that who may read it is known before anything is listed.

    Raises:
        InvalidInput: there is no such folder, or we are not let in.
        Unavailable: it does not answer.

    """

    def __init__(self, place: Place, *, name: str, default: frozenset[str], wanted: Wanted) -> None:
        self.name = name
        self.place = without_secrets(place.url).rstrip("/")
        self._default = default
        self._wanted = wanted
        self._make, self._root = file_system(place)
        self._scheme = urlsplit(place.url).scheme
        self._resting: queue.SimpleQueue[AbstractFileSystem] = queue.SimpleQueue()  # a connection serves one thread
        self._run = uuid.uuid4().hex
        self._access, self.ruled = self._read_access()

    def close(self) -> None:
        while not self._resting.empty():
            hang_up(self._resting.get())

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - listed whole
        unlisted: list[str] = []
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            below: list[str] = []
            mark: str | None = ""
            while mark is not None:
                found, mark = await to_thread.run_sync(self._list, folder, mark, unlisted)
                for path, entry in sorted(found.items()):
                    if entry.get("type") == "directory":
                        if self._wanted.below(path):
                            below.append(path)
                    elif entry.get("type") == "file" and path != FILE_NAME and self._wanted.takes(path):
                        yield Upsert(item=self._item(path, entry)), ""
            waiting += sorted(below, reverse=True)
        yield ListingEnd(unlisted=tuple(unlisted)), ""

    def open(self, item: Item) -> BinaryIO:
        try:
            system = self._borrow()
        except Exception as error:
            raise self._in_words(translated(error)) from error
        try:
            path = self._path(item.native_id)
            self._wanted.check_size(system.size(path) or 0)
            file = cast("BinaryIO", system.open(path, "rb"))
        except Rejected:
            self._resting.put(system)
            raise
        except Exception as error:
            if isinstance(translated(error), FileNotFoundError):
                self._resting.put(system)
                raise Rejected("it is gone since it was listed") from None
            raise self._failed(system, error, "opened") from error
        borrowed = Borrowed(
            file,
            give_back=lambda: self._resting.put(system),
            failed=lambda error: self._failed(system, error, "read"),
        )
        return cast("BinaryIO", io.BufferedReader(borrowed))

    def _failed(self, system: AbstractFileSystem, error: Exception, what: str) -> Rejected:
        """Give why one file cannot be opened or read.

        Raises:
            GroundselError: none can be any more: the server went away, or does not let us in.

        """
        hang_up(system)
        self.close()  # connections at rest may be broken as well: whether it answers is asked on a new one
        self._knock()
        return Rejected(f"it cannot be {what}: {said(error)}")

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}" if self._root or self._scheme in {"sftp", "ssh"} else path

    def _borrow(self) -> AbstractFileSystem:
        try:
            return self._resting.get_nowait()
        except queue.Empty:
            return self._make()

    def _ask(self, question: Callable[[AbstractFileSystem], Result]) -> Result:
        """Ask on a connection at rest, or on a new one."""
        system: AbstractFileSystem | None = None
        try:
            system = self._borrow()
            answer = question(system)
        except Exception as error:
            told = translated(error)
            if system is not None and isinstance(told, FileNotFoundError):
                self._resting.put(system)
            elif system is not None:
                hang_up(system)
            raise told from error
        self._resting.put(system)
        return answer

    def _in_words(self, error: Exception) -> GroundselError:
        """Say in a sentence what went wrong; every library beneath fsspec has errors of its own."""
        match error:
            case GroundselError():
                return error
            case PermissionError():
                return InvalidInput(
                    f"{self.place} does not let us in ({said(error)}); mend the credentials of source {self.name!r}"
                )
            case FileNotFoundError():
                return InvalidInput(f"there is no folder {self.place}; mend the url of source {self.name!r}")
        return Unavailable(f"{self.place} does not answer: {said(error)}")

    def _read_access(self) -> tuple[Access, bool]:
        """Give who may read what, and whether the folder itself says so."""
        where = f"{self.place}/{FILE_NAME}"
        try:
            text = self._ask(lambda system: cast("bytes", system.cat_file(self._path(FILE_NAME)))).decode()
        except FileNotFoundError:
            return Access(default=self._default), False
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{where} cannot be read: {error}; mend it, nothing was indexed") from None
        except Exception as error:
            raise self._in_words(error) from error
        return read_access(text, default=self._default, where=where), True

    def _list(self, folder: str, mark: str, unlisted: list[str]) -> tuple[Mapping[str, Entry], str | None]:
        """Give what a page of `folder` holds, by path below the root, but the hidden; what cannot be listed is said.

        The page begins at `mark`, from ""; with it comes the mark of the next one, None after the last.

        Raises:
            GroundselError: nothing can be listed at all, or any more: the connection broke, a token ran out.

        """
        if folder.count("/") >= DEEPEST:
            unlisted.append(f"{folder[:60]}... lies below {DEEPEST} folders: they lead in circles")
            return {}, None
        here = self._path(folder) if folder else self._root
        try:
            found, following = self._ask(lambda system: page(system, here, after=mark))
        except (PermissionError, UnicodeDecodeError, FileNotFoundError) as error:
            if not folder:
                raise self._in_words(error) from error
            if not isinstance(error, FileNotFoundError):  # that one is gone since its parent was listed
                if isinstance(error, PermissionError):
                    self._knock()
                unlisted.append(f"{folder} cannot be listed: {said(error)}")
            return {}, None
        except Exception as error:
            raise self._in_words(error) from error
        prefix = f"{folder}/" if folder else ""
        paths = {str(entry["name"]).strip("/"): entry for entry in found}
        names = {PurePosixPath(path).name: entry for path, entry in paths.items() if path != here.strip("/")}
        shown = {prefix + name: entry for name, entry in names.items() if name and not name.startswith(".")}
        return shown, following or None

    def _knock(self) -> None:
        """Look whether we are still let in at all: a token that ran out closes every folder, and ends the listing.

        Raises:
            GroundselError: we are not.

        """
        try:
            self._ask(lambda system: page(system, self._root, after=""))
        except Exception as error:
            raise self._in_words(error) from error

    def _item(self, path: str, entry: Entry) -> Item:
        allowed, denied = self._access.of(path)
        modified_at = time_of(entry)
        version = next((str(entry[key]) for key in VERSIONS if entry.get(key)), "")
        told = version or (modified_at.isoformat() if modified_at else "")
        return Item(
            native_id=path,
            name=PurePosixPath(path).name,
            uri=f"{self.place}/{quote(path)}",
            stamp=f"{entry.get('size')}-{told}" if told else self._run,  # without either it is read in every run
            modified_at=modified_at,
            allowed=allowed,
            denied=denied,
            unpack=self._wanted.attachments,
        )


def time_of(entry: Entry) -> datetime | None:
    """Give when a file was changed last, however its library says it."""
    for key in TIMES:
        match entry.get(key):
            case datetime() as at:
                return at if at.tzinfo else at.replace(tzinfo=UTC)
            case int() | float() as seconds:
                return datetime.fromtimestamp(seconds, UTC)
            case (int(year), int(month), int(day), int(hour), int(minute), int(second)):  # a zip's own, without a zone
                try:
                    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
                except ValueError:
                    return None
            case _:
                continue
    return None


class Borrowed(io.RawIOBase):
    """A file that gives its connection back once it is closed, unless it failed."""

    def __init__(
        self, file: BinaryIO, *, give_back: Callable[[], None], failed: Callable[[Exception], Rejected]
    ) -> None:
        self._file = file
        self._give_back = give_back
        self._failed = failed

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:  # noqa: ANN401 - any writable buffer
        try:
            block = self._file.read(len(target))
        except Exception as error:
            self._give_back = nothing
            raise self._failed(error) from error
        target[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            with suppress(Exception):  # it was only read: of a broken connection there is nothing left to tell
                self._file.close()
            super().close()
            self._give_back()


def nothing() -> None:
    pass


def hang_up(system: AbstractFileSystem) -> None:
    """Close a connection, where its library lets us."""
    client = getattr(system, "client", None)
    if client is not None and hasattr(client, "close"):
        try:
            client.close()
        except Exception:  # noqa: BLE001 - it is of no use any more, whatever it says
            return


def said(error: BaseException) -> str:
    """Give what a library said, in one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
