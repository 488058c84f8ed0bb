"""What is attached to mails that a source holds as files: documents of their own, which come and go with the mail."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from groundsel_ingest.connector import Item
from groundsel_ingest.entry import GONE, Entry
from groundsel_ingest.extracting.formats import media_type
from groundsel_ingest.extracting.parsed import Attachment

MAILS: Final = frozenset({"eml", "msg"})
MARK: Final = "\0"  # between a mail's native id and the rest of an attachment's: no path or address holds it


def may_hold_others(item: Item) -> bool:
    return item.unpack and media_type(item.name) in MAILS


def attached(mail: Item, attachments: Sequence[Attachment]) -> list[Item]:
    """Give the items of what is attached to `mail`: read by whoever may read it, changed whenever it may have."""
    between = "/" if "#" in mail.uri else "#"
    return [
        replace(
            mail,
            native_id=f"{mail.native_id}{MARK}{each.number}/{each.name}",
            name=each.name,
            uri=f"{mail.uri}{between}{each.number}/{quote(each.name)}",
            title="",
            unpack=False,  # a mail attached to a mail names what is attached to it, no more
            attached_to=mail.native_id,
        )
        for each in attachments
    ]


def noted(mail: Item, entries: Sequence[Entry]) -> list[Item]:
    """Give the items of what the ledger says is attached to `mail`."""
    return attached(mail, [named(each.native_id) for each in entries if each.stamp != GONE])


def named(native_id: str) -> Attachment:
    number, _, name = native_id.rpartition(MARK)[2].partition("/")
    return Attachment(number=int(number), name=name)
