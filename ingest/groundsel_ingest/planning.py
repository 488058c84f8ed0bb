"""What a run would do, and why, without doing it: nothing is written anywhere."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

from anyio import to_thread

from groundsel_ingest.attachments import may_hold_others, noted
from groundsel_ingest.connector import Connector, Delete, Item, ListingEnd, Upsert
from groundsel_ingest.entry import Entry
from groundsel_ingest.extracting import formats
from groundsel_ingest.job import Deletes, most_deleted
from groundsel_ingest.manifest import Manifest
from groundsel_ingest.reading import copy
from groundsel_ingest.stages import identify, readers
from groundsel_pipelines.errors import Rejected

Action = Literal["index", "leave", "filter", "reject", "delete", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What would become of one document."""

    action: Action
    reason: str
    uri: str


async def plan(
    connector: Connector, *, manifest: Manifest, collection: str, fingerprint: str, deletes: Deletes
) -> AsyncGenerator[Step]:
    """Yield what a run of `connector` would do to each document, by the ledger alone; no store is asked.

    A document whose stamp is new is read, to tell whether its content is: a file that was only touched stays.
    """
    listed: set[str] = set()
    deleted: set[str] = set()
    end: ListingEnd | None = None
    async for change, _ in connector.changes(manifest.cursor):
        match change:
            case Upsert(item=item):
                step = await _step(item, connector, manifest, fingerprint)
                yield step
                mail = noted(item, manifest.attached(item.native_id)) if may_hold_others(item) else []
                for each in mail:
                    yield await _step_of_attached(each, step, connector, manifest, fingerprint)
                listed.update(identify(collection, connector.name, each.native_id) for each in (item, *mail))
            case Delete(native_id=native_id):
                deleted.add(identify(collection, connector.name, native_id))
                deleted.update(each.doc_id for each in manifest.attached(native_id))
            case ListingEnd():
                end = change
    stored = manifest.stored()
    gone = {doc_id for doc_id in deleted if doc_id in stored} - listed
    if end is not None and not end.unlisted:
        gone |= stored.keys() - listed
    total = len(stored.keys() | listed)
    guarded = deletes == "guarded" and len(gone) > most_deleted(total, total - len(gone))
    for doc_id in sorted(gone):
        yield Step(
            action="keep" if guarded else "delete",
            reason="gone, but too much is gone at once: --confirm-deletes deletes it" if guarded else "it is gone",
            uri=stored[doc_id],
        )


async def _step(item: Item, connector: Connector, manifest: Manifest, fingerprint: str) -> Step:
    action, reason = await _decision(item, connector, manifest.entry(item.native_id), fingerprint)
    return Step(action=action, reason=reason, uri=unquote(item.uri))


async def _step_of_attached(item: Item, mail: Step, connector: Connector, manifest: Manifest, fingerprint: str) -> Step:
    """Say what would become of what was attached to a mail; what is attached to it now, only reading it tells."""
    if mail.action == "index" and formats.media_type(item.name) is not None:
        return Step(action="index", reason="its mail is read again", uri=unquote(item.uri))
    entry = manifest.entry(item.native_id)
    return await _step(replace(item, stamp=entry.stamp) if entry else item, connector, manifest, fingerprint)


async def _decision(item: Item, connector: Connector, entry: Entry | None, fingerprint: str) -> tuple[Action, str]:
    if formats.media_type(item.name) is None:
        return "filter", "no parser reads files of its type"
    match entry:
        case Entry(state="rejected", stamp=item.stamp, fingerprint=made) if made == fingerprint:
            return "reject", entry.reason
        case Entry(state="rejected"):
            return "index", "it could not be read before, and is worth another try"
        case Entry(state="acknowledged"):
            return await _if_indexed(item, connector, entry, fingerprint)
        case _:
            return "index", "it is not indexed yet"


async def _if_indexed(item: Item, connector: Connector, entry: Entry, fingerprint: str) -> tuple[Action, str]:
    """Decide about a document that the store holds."""
    if entry.access != readers(item):
        return "index", "its readers changed"
    if entry.fingerprint != fingerprint:
        return "index", "it was made by other parsers, or with another model"
    if entry.stamp == item.stamp:
        return "leave", "it did not change"
    try:
        content = await to_thread.run_sync(copy, connector, item)
    except Rejected as error:
        return "reject", error.reason
    content.file.close()
    same = content.sha256 == entry.content
    return ("leave", "it was touched, and holds what it held") if same else ("index", "its content changed")
