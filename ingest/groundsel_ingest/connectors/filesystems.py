"""How the address of a folder elsewhere becomes a file system of fsspec: its library, its root, its credentials."""

import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

import fsspec
from fsspec import AbstractFileSystem

from groundsel_ingest.extracting.archives import check_archive
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable, UnknownName

SECONDS: Final = 60  # for one answer of a server
EXTRAS: Final = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "abfs": "azure", "az": "azure", "sftp": "sftp", "ssh": "sftp",
                 "smb": "smb", "webdav": "webdav", "webdavs": "webdav"}  # fmt: skip
"""What to install for an address of that scheme: `pip install 'groundsel[...]'`."""
AZURE_SCOPE: Final = "https://storage.azure.com/.default"


LOUD: Final = (
    "adlfs",
    "azure",
    "botocore",
    "fsspec",
    "gcsfs",
    "google",
    "paramiko",
    "s3fs",
    "smbclient",
    "smbprotocol",
)
"""Libraries that write tracebacks to the terminal where nobody reads their notes; the error says it in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder elsewhere, and how to come in."""

    url: str
    username: str = ""  # of S3, the access key; of Azure, the account
    password: str = field(default="", repr=False)  # of S3, the secret key; of Azure, the account's
    key_file: Path | None = None  # SSH: our private key
    known_hosts: Path | None = None  # SSH: the keys of servers; by default the user's own file
    endpoint: str = ""  # S3, Google: the server's address, where it is not theirs
    storage: Mapping[str, object] = field(default_factory=dict[str, object])  # passed to the library as it is


Make = Callable[[], AbstractFileSystem]


def file_system(place: Place) -> tuple[Make, str]:
    """Give what opens a connection to `place`, and the path of its root there.

    Raises:
        InvalidInput: the address cannot be understood, or holds a secret.
        UnknownName: nothing that speaks to such an address is installed.

    """
    address = urlsplit(place.url)
    scheme = address.scheme.lower()
    if address.password:
        raise InvalidInput(f"{without_secrets(place.url)} holds a password; set password_file instead")
    if scheme in {"", "file"} or "::" in place.url:
        raise InvalidInput(
            f"{place.url!r} is no address of a folder elsewhere; name a folder of this machine as folder"
        )
    for library in LOUD:
        logging.getLogger(library).addHandler(logging.NullHandler())
    make = SPECIAL.get(scheme)
    try:
        return make(place) if make else any_other(place)
    except (ImportError, ValueError) as error:
        if scheme not in EXTRAS:
            raise UnknownName(
                f"nothing installed reads {scheme}:// ({error}); known: {', '.join(EXTRAS)}, zip"
            ) from None
        raise UnknownName(
            f"{scheme}:// needs another library; run: pip install 'groundsel[{EXTRAS[scheme]}]'"
        ) from None


def without_secrets(url: str) -> str:
    address = urlsplit(url)
    return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()


def any_other(place: Place) -> tuple[Make, str]:
    """Take whatever fsspec knows, with the words that its libraries have in common."""
    kind = fsspec.get_filesystem_class(urlsplit(place.url).scheme)
    given: dict[str, Any] = {**kind._get_kwargs_from_urls(place.url), **place.storage}  # noqa: SLF001 - fsspec's way
    given |= {key: value for key, value in (("username", place.username), ("password", place.password)) if value}
    return lambda: kind(**given, skip_instance_cache=True, use_listings_cache=False), root(kind, place.url)


def root(kind: type[AbstractFileSystem], url: str) -> str:
    return str(kind._strip_protocol(url)).rstrip("/")  # noqa: SLF001 - fsspec's way


def objects(place: Place) -> tuple[Make, str]:
    """S3, of Amazon or another; without keys of its own it takes those of the environment, as all AWS tools do."""
    kind = import_module("s3fs").S3FileSystem
    given: dict[str, Any] = {"key": place.username or None, "secret": place.password or None, **place.storage}
    if place.endpoint:
        given["endpoint_url"] = place.endpoint
    timeouts = {"connect_timeout": SECONDS, "read_timeout": SECONDS}
    return (
        lambda: kind(**given, config_kwargs=timeouts, skip_instance_cache=True, use_listings_cache=False),
        root(kind, place.url),
    )


def google(place: Place) -> tuple[Make, str]:
    """Google's storage, over its JSON API alone: without `token` in the table, as Google's own tools come in."""
    kind = import_module("gcsfs.core").GCSFileSystem  # the package's own class asks over gRPC first
    given: dict[str, Any] = {"access": "read_only", "requests_timeout": SECONDS, **place.storage}
    if place.endpoint:
        given["endpoint_url"] = place.endpoint
    return lambda: kind(**given, skip_instance_cache=True, use_listings_cache=False), root(kind, place.url)


def azure(place: Place) -> tuple[Make, str]:
    """Azure's blobs: with an account and its key, or as the environment and the table say."""
    kind = import_module("adlfs").AzureBlobFileSystem
    given: dict[str, Any] = {"connection_timeout": SECONDS, "read_timeout": SECONDS, **place.storage}
    given |= {key: value for key, value in (("account_name", place.username), ("account_key", place.password)) if value}

    def make() -> AbstractFileSystem:
        system = kind(**given, skip_instance_cache=True, use_listings_cache=False)
        require_known(system.service_client.url)  # the library asks for a mistyped account for 80 s
        if system.sync_credential is not None:  # of the environment: asked for here, as the library tries for 80 s
            system.sync_credential.get_token(AZURE_SCOPE)
        return system

    return make, root(kind, place.url)


def require_known(url: str) -> None:
    """Look whether the name of a server is known at all; where a proxy is used, it is the proxy that asks.

    Raises:
        Unavailable: it is not, or nobody can be asked.

    """
    host = urlsplit(url).hostname or ""
    if "https" in getproxies():
        return
    try:
        socket.getaddrinfo(host, None)
    except OSError as error:
        raise Unavailable(
            f"no address of {host} is known ({error.strerror}); is the account spelt right, and the network there?"
        ) from None


def windows_share(place: Place) -> tuple[Make, str]:
    """SMB: files are opened so that others may write and delete them meanwhile."""
    return any_other(replace(place, storage={"share_access": "rwd", "timeout": SECONDS, **place.storage}))


def secure_shell(place: Place) -> tuple[Make, str]:
    """SFTP: only servers whose keys are known are spoken to."""
    paramiko = import_module("paramiko")
    kind = import_module("fsspec.implementations.sftp").SFTPFileSystem
    address = urlsplit(place.url)
    if not address.hostname:
        raise InvalidInput(f"{place.url!r} names no server; write sftp://user@host/folder")

    class KnownHosts(kind):  # type: ignore[misc, valid-type] # fsspec has no types
        cachable = False

        def _connect(self) -> None:
            self.client = paramiko.SSHClient()
            self.client.load_system_host_keys(str(place.known_hosts) if place.known_hosts else None)
            self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
            try:
                self.client.connect(self.host, **self.ssh_kwargs)
            except paramiko.AuthenticationException as error:
                raise PermissionError(str(error)) from None
            self.ftp = self.client.open_sftp()
            self.ftp.get_channel().settimeout(SECONDS)

    given: dict[str, Any] = {
        "port": address.port or 22,
        "username": place.username or address.username,
        "password": place.password or None,
        "key_filename": str(place.key_file) if place.key_file else None,
        "timeout": SECONDS,
        **place.storage,
    }
    return lambda: KnownHosts(address.hostname, **given), unquote(address.path).rstrip("/")


def dav(place: Place) -> tuple[Make, str]:
    """WebDAV: webdavs:// over TLS, webdav:// to this machine or a network that is trusted."""
    kind = import_module("webdav4.fsspec").WebdavFileSystem
    address = urlsplit(place.url)
    base = address._replace(scheme="https" if address.scheme == "webdavs" else "http").geturl()
    given: dict[str, Any] = {"timeout": SECONDS, "trust_env": False, **place.storage}
    if place.username:
        given["auth"] = (place.username, place.password)
    return lambda: kind(base, **given, skip_instance_cache=True), ""  # it hands all other words to its client


def archive(place: Place) -> tuple[Make, str]:
    """Take a zip file of this machine as a folder; one that would unpack to too much is refused (rule R27)."""
    kind = fsspec.get_filesystem_class("zip")
    path = Path(unquote(urlsplit(place.url).path))

    def make() -> AbstractFileSystem:
        try:
            with path.open("rb") as file:
                check_archive(file)
        except Rejected as error:
            raise InvalidInput(f"{path}: {error.reason}") from None
        return kind(fo=str(path), skip_instance_cache=True)

    return make, ""


SPECIAL: Final[Mapping[str, Callable[[Place], tuple[Make, str]]]] = {
    "abfs": azure,
    "az": azure,
    "gcs": google,
    "gs": google,
    "s3": objects,
    "smb": windows_share,
    "sftp": secure_shell,
    "ssh": secure_shell,
    "webdav": dav,
    "webdavs": dav,
    "zip": archive,
}
