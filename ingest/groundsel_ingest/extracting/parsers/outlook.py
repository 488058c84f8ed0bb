"""A mail as Outlook saves it (.msg, MS-OXMSG): as other mails are read, without what only Outlook understands."""

from collections.abc import Generator
from email.header import decode_header, make_header
from io import BytesIO
from typing import BinaryIO, Final

from oxmsg import Message

from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_ingest.extracting.parsed import Attachment
from groundsel_ingest.extracting.parsers.html import add_html, read_text
from groundsel_ingest.extracting.parsers.mail import MESSAGE_ID, bare
from groundsel_ingest.extracting.parsers.plain import add_text
from groundsel_pipelines.errors import Rejected

HTML: Final = 0x1013  # PidTagHtml
RICH_TEXT: Final = 0x1009  # PidTagRtfCompressed: a body that is kept in no other form


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    try:
        message = Message.load(file)
    except (ValueError, OSError) as error:
        raise Rejected(f"it is no mail of Outlook: {error}") from error
    sender = written_out(message.sender or "")
    to = ", ".join(
        f"{each.name} <{each.email_address}>" if each.name not in {"", each.email_address} else each.email_address
        for each in message.recipients
    )
    manuscript.metadata = {"from": sender, "to": to, "thread": thread(message)}
    manuscript.updated_at = message.sent_date
    manuscript.attach(attached(message))
    manuscript.heading((message.subject or "").strip("\0") or "(no subject)", level=1)
    shown = (("From", sender), ("To", to), ("Date", f"{message.sent_date:%Y-%m-%d %H:%M}" if message.sent_date else ""))
    manuscript.items(f"{name}: {value}" for name, value in shown if value)
    add_body(manuscript, message)
    if names := [each.file_name for each in message.attachments if each.file_name]:
        manuscript.items(["Attachments:", *(f"- {name}" for name in names)])


def attached(message: Message) -> Generator[Attachment]:
    for number, each in enumerate(message.attachments):
        if each.file_name and each.file_bytes is not None:  # a mail within the mail has no bytes of its own
            yield Attachment(number=number, name=bare(each.file_name))


def written_out(name: str) -> str:
    """Decode a name that is kept as mail headers have it (RFC 2047)."""
    try:
        return str(make_header(decode_header(name)))
    except (ValueError, LookupError):
        return name


def add_body(manuscript: Manuscript, message: Message) -> None:
    """Add the plain text where there is one, else the HTML."""
    try:
        body = (message.body or "").strip("\0")
    except (UnicodeDecodeError, LookupError):  # in an encoding that it does not name, or that Python does not know
        body = ""
        manuscript.partial_reason = "its plain text is in an encoding that it does not name"
    if body:
        add_text(manuscript, body)
    elif raw := message.properties.binary_prop_value(HTML):
        manuscript.partial_reason = None
        add_html(manuscript, page(message, raw))
    elif message.properties.binary_prop_value(RICH_TEXT):
        manuscript.partial_reason = "its text is kept as rich text only, which is not read"


def page(message: Message, raw: bytes) -> str:
    """Decode a body in HTML: as UTF-8 where it is that, else as the mail's properties say, else as it seems to be."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return message.html_body or ""
    except (UnicodeDecodeError, LookupError):
        return read_text(BytesIO(raw))


def thread(message: Message) -> str:
    """Give the Message-ID of the mail that began the conversation, as `mail.thread` does."""
    headers = {name.lower(): value for name, value in message.message_headers.items()}
    for name in ("references", "in-reply-to", "message-id"):
        if named := MESSAGE_ID.search(headers.get(name, "")):
            return named[0]
    return ""


def take_out(file: BinaryIO, attachment: Attachment) -> bytes:
    """Give the content of an attachment.

    Raises:
        Rejected: the mail does not hold it.

    """
    message = Message.load(file)
    if attachment not in attached(message):
        raise Rejected("it is attached to its mail no more")
    return message.attachments[attachment.number].file_bytes or b""
