"""A mail (RFC 5322 and MIME): its subject, who wrote it to whom and when, its text, the names of what is attached."""

import re
from collections.abc import Generator
from datetime import datetime
from email import message_from_binary_file, policy
from email.message import EmailMessage, Message
from itertools import islice
from typing import BinaryIO, cast

from groundsel_ingest.extracting.decoding import decode
from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_ingest.extracting.parsed import Attachment
from groundsel_ingest.extracting.parsers.html import add_html
from groundsel_ingest.extracting.parsers.plain import add_text
from groundsel_pipelines.errors import Rejected

FIELDS = ("From", "To", "Cc", "Date")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,998}>")
DEEPEST = 10  # mails forwarded within one another


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    message = message_from_binary_file(file, policy=policy.default)
    if not message.keys():
        raise Rejected("it is no mail: it has no header")
    manuscript.metadata = {name.lower(): field(message, name) for name in FIELDS if name != "Date"}
    manuscript.metadata["thread"] = thread(message)
    manuscript.updated_at = date(message)
    manuscript.attach(Attachment(number=number, name=name) for number, name in attached(message))
    add_message(manuscript, message, depth=1)
    if names := attachments(message):
        manuscript.items(["Attachments:", *(f"- {name}" for name in names)])


def add_message(manuscript: Manuscript, message: EmailMessage, *, depth: int) -> None:
    """Add a mail, at `depth` among those that it was forwarded in, from 1."""
    manuscript.heading(field(message, "Subject") or "(no subject)", level=depth)
    manuscript.items(f"{name}: {value}" for name in FIELDS if (value := field(message, name)))
    add_body(manuscript, message, depth=depth)


def field(message: EmailMessage, name: str) -> str:
    """Give one header as text; of a broken one, what can be read of it."""
    try:
        return str(message.get(name, ""))
    except Exception:  # noqa: BLE001 - the library's header parser fails in many ways on broken headers
        raw = dict(message.raw_items()).get(name, "")
        return str(raw).encode("utf-8", errors="replace").decode()


def thread(message: EmailMessage) -> str:
    """Give the Message-ID of the mail that began the conversation (RFC 5322, 3.6.4), as far as this one knows."""
    for name in ("References", "In-Reply-To", "Message-ID"):
        if named := MESSAGE_ID.search(field(message, name)):
            return named[0]
    return ""


def date(message: EmailMessage) -> datetime | None:
    try:
        return cast("datetime | None", getattr(message["Date"], "datetime", None))
    except Exception:  # noqa: BLE001 - see `field`
        return None


def add_body(manuscript: Manuscript, message: EmailMessage, *, depth: int) -> None:
    """Add the plain text where there is one, else the HTML, then what else is shown: more text, forwarded mails."""
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        add_part(manuscript, body)
    elif isinstance(payload := message.get_payload(), str):  # its parts cannot be told apart
        add_text(manuscript, payload)
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_content_type() == "message/rfc822":
            if depth < DEEPEST:
                add_message(manuscript, cast("EmailMessage", part.get_content()), depth=depth + 1)
        elif (
            part is not body
            and part.get_content_maintype() == "text"
            and not part.is_attachment()
            and is_mixed(message)
        ):
            add_part(manuscript, part)


def is_mixed(message: EmailMessage) -> bool:
    """Say whether the parts of `message` stand one after another; in others they are versions of one text."""
    return message.get_content_subtype() == "mixed"


def add_part(manuscript: Manuscript, part: Message) -> None:
    payload = part.get_payload(decode=True)
    text = decode(payload, declared=part.get_content_charset()) if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        add_html(manuscript, text)
    else:
        add_text(manuscript, text)


def attachments(message: EmailMessage) -> list[str]:
    names = []
    for part in message.walk():
        try:
            name = part.get_filename()
        except Exception:  # noqa: BLE001 - see `field`
            name = None
        if name:
            names.append(name)
    return names


def attached(message: EmailMessage) -> Generator[tuple[int, str]]:
    """Yield number (in the order of a walk) and file name of each attachment, those of forwarded mails included."""
    for number, part in enumerate(message.walk()):
        try:
            name = part.get_filename()
        except Exception:  # noqa: BLE001 - see `field`
            name = None
        if name and not part.is_multipart():
            yield number, bare(name)


def bare(name: str) -> str:
    """Give the file's name alone: senders write paths, and bytes that are no text."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].encode(errors="replace").decode()


def take_out(file: BinaryIO, attachment: Attachment) -> bytes:
    """Give the content of what `attached` yields so.

    Raises:
        Rejected: the mail does not hold it.

    """
    message = message_from_binary_file(file, policy=policy.default)
    if (attachment.number, attachment.name) not in attached(message):
        raise Rejected("it is attached to its mail no more")
    return content(message, attachment.number)


def content(message: EmailMessage, number: int) -> bytes:
    payload = next(islice(message.walk(), number, None)).get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
