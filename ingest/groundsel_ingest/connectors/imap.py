"""The mails of an IMAP account (RFC 3501) and what is attached to them, read without marking anything as seen."""

import ipaddress
import queue
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar
from urllib.parse import quote, unquote

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError
from pydantic import SecretStr

from groundsel_ingest.connector import Change, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.connectors.stepping import stepped
from groundsel_ingest.secrets import read_secret
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable

MESSAGES_AT_ONCE = 500
SECONDS = 60.0  # for one answer of the server
Result = TypeVar("Result")


class ImapOptions(Options):
    host: str
    port: int = 993
    security: Literal["tls", "starttls", "none"] = "tls"  # none: only to this machine
    ca_file: Path | None = None  # certificates of the authority that the server's is signed by
    username: str
    password: SecretStr = SecretStr("")  # from the environment
    password_file: Path | None = None
    folders: tuple[str, ...] = ("INBOX",)  # without those below them; "*" is all
    attachments: bool = True  # as documents of their own


def create(source: Source) -> "Imap":
    options = source.read(ImapOptions)
    if options.security == "none" and not is_loopback(options.host):
        raise InvalidInput(
            f"setting 'sources.{source.name}.security': without encryption the password would be sent in the clear to "
            f"{options.host}; use tls or starttls"
        )
    password = read_secret(source.name, "password", file=options.password_file, value=options.password)
    return Imap(options, password=password, name=source.name, principals=source.principals)


class Imap:
    """Lists every mail of the folders; a mail never changes, so only new ones are read.

    A document is called by folder, UIDVALIDITY and UID, an attachment by its section as well; its address is an IMAP
    URL (RFC 5092).
    """

    ruled = False

    def __init__(self, options: ImapOptions, *, password: str, name: str, principals: frozenset[str]) -> None:
        self.name = name
        self.place = f"imap://{quote(options.username, safe='@')}@{options.host}:{options.port}"
        self._options = options
        self._password = password
        self._principals = principals
        self._resting: queue.SimpleQueue[IMAPClient] = queue.SimpleQueue()

    def close(self) -> None:
        while not self._resting.empty():
            hang_up(self._resting.get())

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - listed whole
        unlisted: list[str] = []
        async with aclosing(stepped(self._batches(unlisted))) as batches:
            async for batch in batches:
                for item in batch:
                    yield Upsert(item=item), ""
        yield ListingEnd(unlisted=tuple(unlisted)), ""

    def open(self, item: Item) -> BinaryIO:
        folder, validity, uid, section = parted(item.native_id)

        def fetch(client: IMAPClient) -> bytes:
            select(client, folder, validity=validity)
            if not section:
                return body(client, uid, "BODY.PEEK[]")
            head = body(client, uid, f"BODY.PEEK[{section}.MIME]")
            part = message_from_bytes(head + body(client, uid, f"BODY.PEEK[{section}]"), policy=policy.default)
            payload = part.get_payload(decode=True)
            return payload if isinstance(payload, bytes) else b""

        return BytesIO(self._ask(fetch))

    def _ask(self, question: Callable[[IMAPClient], Result]) -> Result:
        """Ask on a connection at rest, or on a new one where there is none or it has been closed meanwhile."""
        with self._told():
            if not self._resting.empty():
                client = self._resting.get()
                try:
                    answer = question(client)
                except (IMAPClientError, OSError):
                    hang_up(client)
                else:
                    self._resting.put(client)
                    return answer
            client = self._connect()
            try:
                answer = question(client)
            except BaseException:
                hang_up(client)
                raise
            self._resting.put(client)
            return answer

    def _connect(self) -> IMAPClient:
        options = self._options
        context = ssl.create_default_context(cafile=options.ca_file)
        client = IMAPClient(
            options.host, options.port, ssl=options.security == "tls", ssl_context=context, timeout=SECONDS
        )
        try:
            if options.security == "starttls":
                client.starttls(context)
            client.login(options.username, self._password)
        except BaseException:
            hang_up(client)
            raise
        return client

    @contextmanager
    def _told(self) -> Generator[None]:
        """Say in a sentence what the server says."""
        try:
            yield
        except LoginError as error:
            raise InvalidInput(
                f"{self.place} does not let us in ({said(error)}); mend username and password of source {self.name!r}"
            ) from None
        except (IMAPClientError, OSError) as error:
            raise Unavailable(f"the mail server of source {self.name!r} does not answer: {said(error)}") from None

    # ------------------------------------------------------------ listing

    def _batches(self, unlisted: list[str]) -> Generator[Sequence[Item]]:
        """Yield the items of each folder; what cannot be listed is said in `unlisted`."""
        with self._told(), closing_client(self._connect()) as client:
            for folder in self._folders(client):
                try:
                    validity = select(client, folder)
                except IMAPClientError as error:
                    unlisted.append(f"the folder {folder} cannot be read: {said(error)}")
                    continue
                uids = client.search("ALL")
                for start in range(0, len(uids), MESSAGES_AT_ONCE):
                    found = client.fetch(uids[start : start + MESSAGES_AT_ONCE],
                                         ["BODYSTRUCTURE", "INTERNALDATE", "RFC822.SIZE"])  # fmt: skip
                    yield [item for uid in sorted(found) for item in self._items(folder, validity, uid, found[uid])]

    def _folders(self, client: IMAPClient) -> list[str]:
        there = [name for flags, _, name in client.list_folders() if b"\\Noselect" not in flags]
        if "*" in self._options.folders:
            return there
        for folder in self._options.folders:
            if folder not in there:
                raise InvalidInput(f"{self.place} has no folder {folder!r}; it has {', '.join(sorted(there))}")
        return list(self._options.folders)

    def _items(self, folder: str, validity: int, uid: int, told: Any) -> Generator[Item]:  # noqa: ANN401 - untyped
        received = told[b"INTERNALDATE"]
        place = f"{self.place}/{quote(folder)};UIDVALIDITY={validity}/;UID={uid}"
        common: dict[str, Any] = {
            "stamp": str(told[b"RFC822.SIZE"]),
            "modified_at": received.astimezone(UTC) if isinstance(received, datetime) else None,
            "allowed": self._principals,
            "unpack": False,  # attachments are listed here, and fetched without their mail
        }
        yield Item(native_id=f"{validity}/{uid}//{folder}", name="mail.eml", uri=place, **common)
        if self._options.attachments:
            for section, name in attached(told[b"BODYSTRUCTURE"]):
                yield Item(
                    native_id=f"{validity}/{uid}/{section}/{folder}",
                    name=name,
                    uri=f"{place}/;SECTION={section}",
                    **common,
                )


def parted(native_id: str) -> tuple[str, int, int, str]:
    """Give folder, UIDVALIDITY, UID and section of what is called so; a folder's name may hold slashes."""
    validity, uid, section, folder = native_id.split("/", 3)
    return folder, int(validity), int(uid), section


def select(client: IMAPClient, folder: str, *, validity: int | None = None) -> int:
    """Open a folder to be read, and give its UIDVALIDITY.

    Raises:
        Rejected: it is not `validity`: the server has numbered its mails anew.

    """
    now = int(client.select_folder(folder, readonly=True)[b"UIDVALIDITY"])
    if validity is not None and now != validity:
        raise Rejected("the server has numbered the folder's mails anew; it is listed again in the next run")
    return now


def body(client: IMAPClient, uid: int, what: str) -> bytes:
    found = client.fetch([uid], [what])
    content = found.get(uid, {}).get(what.replace(".PEEK", "").encode())
    if not isinstance(content, bytes):
        raise Rejected("it is gone since it was listed")
    return content


def attached(part: Any, section: str = "") -> Generator[tuple[str, str]]:  # noqa: ANN401 - nested tuples of many shapes
    """Yield section and file name of each attachment in a BODYSTRUCTURE; forwarded mails are read with their mail."""
    if part.is_multipart:
        for number, each in enumerate(part[0], start=1):
            yield from attached(each, f"{section}.{number}".lstrip("."))
    elif (part[0].lower(), part[1].lower()) != (b"message", b"rfc822") and (name := file_name(part)):
        yield section or "1", name


def file_name(part: Sequence[Any]) -> str:
    """Give the name under which a part is attached, or "": by its disposition, else by its type's parameter."""
    dispositions = []
    for each in part[6:]:
        match each:
            case (bytes(), tuple() as parameters):  # b"attachment", its parameters
                dispositions.append(parameters)
    for parameters in [*dispositions, part[2]]:
        if not parameters:
            continue
        pairs = {bytes(key).lower(): value for key, value in zip(parameters[::2], parameters[1::2], strict=False)}
        for key in (b"filename*", b"filename", b"name*", b"name"):
            if isinstance(value := pairs.get(key), bytes):
                return decoded(value.decode("utf-8", errors="replace"), extended=key.endswith(b"*"))
    return ""


def decoded(name: str, *, extended: bool) -> str:
    """Read a name written as RFC 2231 (`extended`) or RFC 2047 says; only its last part, as it may be a path."""
    if extended and name.count("'") >= 2:  # noqa: PLR2004 - charset'language'value
        charset, _, value = name.split("'", 2)
        try:
            name = unquote(value, encoding=charset or "utf-8", errors="replace")
        except LookupError:
            name = unquote(value, errors="replace")
    else:
        with suppress(ValueError, LookupError):
            name = str(make_header(decode_header(name)))
    return name.replace("\\", "/").rsplit("/", 1)[-1].encode(errors="replace").decode()


def said(error: Exception) -> str:
    """Give what a server or the system said, in one line."""
    return " ".join(str(error.args[-1] if error.args else error).removeprefix("b'").split()).rstrip("'")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def closing_client(client: IMAPClient) -> Generator[IMAPClient]:
    """Close the connection at the end, without waiting for a goodbye."""
    try:
        yield client
    finally:
        hang_up(client)


def hang_up(client: IMAPClient) -> None:
    """Close a connection, which may be closed already."""
    with suppress(OSError, IMAPClientError):
        client.shutdown()
