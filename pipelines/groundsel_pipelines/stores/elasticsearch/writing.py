"""Bulk writes until every item is decided: bounded batches, only what may pass is sent again, blocks are waited out."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from random import uniform
from typing import Any, Final, cast

import anyio
import orjson
from elastic_transport import ConnectionError as NoConnection
from elastic_transport import ConnectionTimeout

from elasticsearch import ApiError, AsyncElasticsearch
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable, VersionConflict
from groundsel_pipelines.protocols import Cluster
from groundsel_pipelines.stores.elasticsearch.connecting import Unanswered, cause, described, place
from groundsel_pipelines.stores.elasticsearch.deciding import LATER, Decision, decide, is_missing
from groundsel_pipelines.stores.elasticsearch.flooding import lifted
from groundsel_pipelines.stores.elasticsearch.layout import writing_name

BATCH_ITEMS: Final = 500
BATCH_BYTES: Final = 8_000_000  # Elastic advises 5 to 15 MB a request
DOCUMENT_BYTES: Final = 95_000_000  # a request of 100 MB is refused by a server as it is delivered
LONGEST_ID: Final = 512  # bytes
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds, doubled each time
WAITING: Final = ("retry", "parked", "flooded")
PATIENCE: Final = 120.0  # seconds without any item taken: two sweeps of the disk watermark (30 s), twice over


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry to be stored under its version, ready to be sent."""

    doc_id: str
    version: int
    source: bytes
    deletes: bool = False


@dataclass(slots=True, kw_only=True)
class Written:
    """What became of items that were not stored."""

    superseded: list[str] = field(default_factory=list[str])
    rejected: dict[str, str] = field(default_factory=dict[str, str])  # reason by doc_id

    def raise_first(self) -> None:
        """Say what was not stored, if anything.

        Raises:
            Rejected: an entry can never be taken as it is.
            VersionConflict: a newer one is stored.

        """
        for doc_id, reason in self.rejected.items():
            raise Rejected(f"{doc_id}: {reason}")
        for doc_id in self.superseded:
            raise VersionConflict(f"{doc_id} is stored at a newer version; this older one was refused")


@dataclass(slots=True, kw_only=True)
class Left:
    """What is still to be stored after one try."""

    again: list[Item] = field(default_factory=list[Item])
    held_up: list[Item] = field(default_factory=list[Item])  # deletes, by nothing but a disk that is nearly full
    trouble: str = ""

    def join(self, second: "Left") -> None:
        """Take over what became of those that were held up."""
        self.again += [*second.again, *second.held_up]
        self.trouble = second.trouble or self.trouble or "the disk of Elasticsearch is nearly full"
        self.held_up = []


def item(doc_id: str, version: int, entry: dict[str, Any]) -> Item:
    """Serialise an entry.

    Raises:
        Rejected: its id is too long, it is larger than a server takes, or its text is no Unicode.

    """
    if len(doc_id.encode()) > LONGEST_ID:
        raise Rejected(f"its id has more than {LONGEST_ID} bytes; shorten its path")
    try:
        source = orjson.dumps(entry, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError as error:
        raise Rejected(f"it cannot be written as JSON: {error}") from None
    if len(source) > DOCUMENT_BYTES:
        raise Rejected(
            f"it takes {len(source) / 1e6:.0f} MB with its vectors, more than the {DOCUMENT_BYTES / 1e6:.0f} MB of a "
            "request; cut it into several documents"
        )
    return Item(doc_id=doc_id, version=version, source=source, deletes=entry.get("kind") == "tombstone")


def batches(items: Iterable[Item], *, most_items: int = BATCH_ITEMS) -> Iterator[list[Item]]:
    """Cut into requests of bounded number and size; an item larger than a batch goes alone."""
    batch: list[Item] = []
    size = 0
    for each in items:
        if batch and (len(batch) == most_items or size + len(each.source) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(each.source)
    if batch:
        yield batch


def lines(index: str, items: Sequence[Item]) -> list[bytes]:
    """Give the body of a bulk request: an action and an entry for each item."""
    body: list[bytes] = []
    for each in items:
        action = {"_index": index, "_id": each.doc_id, "version": each.version, "version_type": "external_gte"}
        body += [orjson.dumps({"index": action}), each.source]
    return body


@dataclass(slots=True, kw_only=True)
class Writer:
    """Writes to one index, whose name it asks for anew before every request: a switch moves late writes along."""

    client: AsyncElasticsearch
    cluster: Cluster
    target: Callable[[], Awaitable[str]]  # names the index to write to
    look: Callable[[], Awaitable[None]]  # sees whether it is another one by now
    patience: float = PATIENCE

    async def write(self, items: Sequence[Item], written: Written) -> None:
        """Send every item until it is stored, or noted in `written` as superseded or rejected.

        Raises:
            Unavailable: nothing was taken for `patience` seconds; what was stored until then stays.
            InvalidInput: the target is not ours to write to.

        """
        waiting, most_items = list(items), BATCH_ITEMS
        pause, last_progress = FIRST_PAUSE, anyio.current_time()
        while waiting:
            left = await self._try(batches(waiting, most_items=most_items), written)
            if left.held_up:
                async with lifted(self.client, await self.target()):
                    left.join(await self._try(batches(left.held_up), written))
            if len(left.again) < len(waiting):
                last_progress = anyio.current_time()
            waiting = left.again
            if waiting:
                if anyio.current_time() - last_progress > self.patience:
                    raise Unavailable(
                        f"{left.trouble}; {len(waiting)} documents are not stored yet: run the command again"
                    )
                await anyio.sleep(uniform(pause / 2, pause))  # noqa: S311 - no secret
                pause = min(2 * pause, LONGEST_PAUSE)
                most_items = max(1, most_items // 2)
                with suppress(Unavailable):  # the node that does not answer is what is waited for
                    await self.look()

    async def _try(self, requests: Iterable[list[Item]], written: Written) -> Left:
        """Send everything once, and give what was not taken and may be taken later."""
        left = Left()
        async for batch, answer in self._sent(requests):
            for each, (decision, words) in zip(batch, answer, strict=True):
                if decision == "superseded":
                    written.superseded.append(each.doc_id)
                elif decision == "flooded" and each.deletes:
                    left.held_up.append(each)
                elif decision in WAITING or (decision == "too_large" and len(batch) > 1):
                    left.again.append(each)
                    left.trouble = words
                elif decision in ("rejected", "too_large"):
                    written.rejected[each.doc_id] = words
                elif decision == "unmapped":
                    raise InvalidInput(
                        f"an index lacks a field that Groundsel writes ({words}); somebody has changed it: make a new "
                        "generation by groundsel index rebuild and groundsel index switch"
                    )
                elif decision != "acknowledged":
                    raise Unavailable(f"Elasticsearch at {place(self.cluster)} gave an unknown answer: {words}")
        return left

    async def _sent(
        self, requests: Iterable[list[Item]]
    ) -> AsyncIterator[tuple[list[Item], list[tuple[Decision, str]]]]:
        for batch in requests:
            try:
                index = await self.target()
                response = await self.client.bulk(
                    body=cast("Sequence[Mapping[str, Any]]", lines(writing_name(index), batch)),  # bytes go as they are
                    require_alias=True,
                )
            except Unanswered as error:  # while the name was looked up, or the first index made
                yield batch, [("retry", str(error))] * len(batch)
            except (NoConnection, ConnectionTimeout) as error:
                yield batch, [("retry", str(described(error, self.cluster)))] * len(batch)
            except ApiError as error:
                yield batch, [self._whole(error)] * len(batch)
            else:
                yield batch, [self._single(each["index"]) for each in response["items"]]

    def _whole(self, error: ApiError) -> tuple[Decision, str]:
        """Decide about a request that failed as a whole."""
        status = error.meta.status
        words = str(described(error, self.cluster))
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return "too_large", words
        if status in LATER:
            return "retry", words
        raise described(error, self.cluster)

    def _single(self, answer: dict[str, Any]) -> tuple[Decision, str]:
        kind, words = cause({"error": answer.get("error") or {}})
        if is_missing(answer):
            return "retry", f"the index {answer['_index']} is gone"
        decision = decide(answer)
        if decision in ("parked", "flooded"):
            return decision, f"Elasticsearch at {place(self.cluster)} does not write now: {words}"
        return decision, f"{kind}: {words}"
