"""The files below a folder of this machine. Links are never followed, nothing outside the folder is opened."""

import contextlib
import os
import stat
from collections.abc import AsyncGenerator, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final
from urllib.parse import quote_from_bytes

from pydantic import ByteSize, Field, SecretStr

from groundsel_ingest.access import FILE_NAME, Access, read_access
from groundsel_ingest.connector import Change, Connector, Delete, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.connectors.wanted import Wanted
from groundsel_ingest.posix_access import PosixRights, has_access_list
from groundsel_ingest.reading import MOST_BYTES
from groundsel_ingest.secrets import read_secret
from groundsel_pipelines.errors import InvalidInput, Rejected

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO would block its opener for ever, a device do worse: the kind is looked at again once it is open.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
EVERYTHING: Final = Wanted()


class FilesOptions(Options):
    folder: Path | None = None  # of this machine
    url: str = ""  # or of another place: s3://bucket/folder, sftp://host/folder, webdavs://..., zip:///file
    include: tuple[str, ...] = ("**",)  # patterns, one of which a file must fit
    exclude: tuple[str, ...] = ()  # patterns that it must not fit
    largest: ByteSize = ByteSize(MOST_BYTES)  # of a file
    attachments: bool = True  # of mails, as documents of their own
    posix_access: bool = False  # the owner and group of each file may read it as their rights say
    watch: bool = False  # by the daemon: what is saved is indexed at once
    username: str = ""  # of another place; of S3, the access key; of Azure, the account
    password: SecretStr = SecretStr("")  # from the environment
    password_file: Path | None = None
    key_file: Path | None = None  # our private key, for SFTP
    known_hosts: Path | None = None  # the keys of SFTP servers; by default ~/.ssh/known_hosts
    endpoint: str = ""  # of a server of S3 or of Google's storage that is not theirs
    storage: dict[str, object] = Field(default={})  # whatever else the library of that place may be told


def create(source: Source) -> Connector:
    options = source.read(FilesOptions)
    wanted = Wanted(
        include=options.include,
        exclude=options.exclude,
        largest=min(options.largest, MOST_BYTES),
        attachments=options.attachments,
    )
    if (options.folder is None) == (not options.url):
        raise InvalidInput(f"source {source.name!r} needs either a folder of this machine or the url of one elsewhere")
    if options.folder is not None:
        return Files(
            options.folder.expanduser(),
            name=source.name,
            default=source.principals,
            wanted=wanted,
            rights=PosixRights(source.principals) if options.posix_access else None,
        )
    for key in ("posix_access", "watch"):
        if getattr(options, key):
            raise InvalidInput(f"setting 'sources.{source.name}.{key}' is only for folders of this machine")
    from groundsel_ingest.connectors.filesystems import Place  # noqa: PLC0415 - fsspec takes a tenth of a second
    from groundsel_ingest.connectors.remote_files import RemoteFiles  # noqa: PLC0415 - likewise

    place = Place(
        url=options.url,
        username=options.username,
        password=read_secret(source.name, "password", file=options.password_file, value=options.password),
        key_file=options.key_file,
        known_hosts=options.known_hosts,
        endpoint=options.endpoint,
        storage=options.storage,
    )
    return RemoteFiles(place, name=source.name, default=source.principals, wanted=wanted)


class Files:
    """Lists a folder and all folders below it; links, and what is hidden, are passed over.

    Args:
        folder: the root; its access.toml is read at once.
        name: of the source, as shown to people.
        default: principals that may read what no rule of the folder's access.toml speaks of.
        wanted: which files are taken.
        rights: gives who may read a file by its owner, group and mode; without it, access.toml decides.

    Raises:
        InvalidInput: `folder` is no folder that can be read, or its access.toml cannot be understood.

    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        default: frozenset[str],
        wanted: Wanted = EVERYTHING,
        rights: PosixRights | None = None,
    ) -> None:
        self.name = name
        self._folder = folder.resolve()
        self.place = readable(str(self._folder))
        self._prefix = f"{self._folder.as_uri().rstrip('/')}/"  # Path.as_uri of each file would take twice as long
        self._wanted = wanted
        self._rights = rights
        try:
            self._root = os.open(self._folder, FOLDER)
        except FileNotFoundError:
            raise InvalidInput(f"there is no folder {folder}; give the one that holds your documents") from None
        except NotADirectoryError:
            raise InvalidInput(f"{folder} is not a folder; give the one that holds your documents") from None
        except OSError as error:
            raise InvalidInput(f"{folder} cannot be read: {error.strerror}; check its rights") from None
        self._access, self.ruled = self._read_access(default)
        if rights is not None:
            if self.ruled:
                raise InvalidInput(f"{self.place} has both an {FILE_NAME} and posix_access; take one of them away")
            self.ruled = True
            rights.enter("", os.fstat(self._root), restricted=has_access_list(self._root))

    def close(self) -> None:
        os.close(self._root)

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - a folder can only be listed whole
        unlisted: list[str] = []
        for path, status in self._walk(unlisted):
            yield Upsert(item=self._item(path, status)), ""
        yield ListingEnd(unlisted=tuple(unlisted)), ""

    def _item(self, path: str, status: os.stat_result) -> Item:
        if self._rights is None:
            allowed, denied = self._access.of(path)
        else:
            restricted = self._is_restricted(path, FILE)
            allowed, denied = self._rights.readers(path, status, restricted=restricted), frozenset()
        return Item(
            native_id=path,
            name=readable(PurePosixPath(path).name),
            uri=self._prefix + quote_from_bytes(os.fsencode(path)),
            stamp=f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}",
            modified_at=datetime.fromtimestamp(status.st_mtime, UTC),
            allowed=allowed,
            denied=denied,
            unpack=self._wanted.attachments,
        )

    @property
    def folder(self) -> Path:
        return self._folder

    def look(self, path: str) -> Upsert | Delete | None:
        """Say what became of one path below the folder, or None where only a listing of everything tells.

        A folder is new or has other rights, or the rules have changed.
        """
        if path == FILE_NAME:
            return None
        *above, name = PurePosixPath(path).parts
        folders = ["/".join(above[:depth]) for depth in range(1, len(above) + 1)]
        hidden = any(part.startswith(".") for part in (*above, name))
        if hidden or not all(self._wanted.below(folder) for folder in folders):
            return Delete(native_id=path)
        try:
            parent = self._open("/".join(above), FOLDER) if above else os.dup(self._root)
            try:
                status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            finally:
                os.close(parent)
        except OSError:
            return Delete(native_id=path)
        if stat.S_ISDIR(status.st_mode) or (self._rights is not None and not self._rights.knows("/".join(above))):
            return None
        if not (stat.S_ISREG(status.st_mode) and self._wanted.takes(path)):
            return Delete(native_id=path)
        return Upsert(item=self._item(path, status))

    def open(self, item: Item) -> BinaryIO:
        try:
            descriptor = self._open(item.native_id, FILE)
        except OSError as error:
            raise Rejected(f"it cannot be opened: {error.strerror}") from error
        try:
            self._check(os.fstat(descriptor))
        except Rejected:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "rb")

    def _check(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise Rejected("it is no regular file")
        self._wanted.check_size(status.st_size)

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
                    if self._wanted.below(path):
                        below.append(path)
                        if self._rights is not None:
                            self._rights.enter(path, status, restricted=self._is_restricted(path, FOLDER))
                elif stat.S_ISREG(status.st_mode) and path != FILE_NAME and self._wanted.takes(path):
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

    def _is_restricted(self, path: str, flags: int) -> bool:
        """Say whether an access list may say more of `path` than its mode; what cannot be opened is taken as such."""
        try:
            descriptor = self._open(path, flags)
        except OSError:
            return True
        try:
            return has_access_list(descriptor)
        finally:
            os.close(descriptor)


def readable(path: str) -> str:
    """Give `path` as text that can be shown and stored: a file's name may be any bytes."""
    return os.fsencode(path).decode("utf-8", errors="replace")
