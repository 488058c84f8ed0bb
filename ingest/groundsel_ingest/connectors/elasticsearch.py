"""An index in Elasticsearch that others fill, Elastic's connectors above all: its documents, who may read them."""

import io
import ssl
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal
from urllib.parse import quote, urlsplit

import httpx
from pydantic import SecretStr

from groundsel_ingest.connector import Change, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.connectors.stepping import stepped
from groundsel_ingest.secrets import read_secret
from groundsel_pipelines.errors import GroundselError, InvalidInput, Rejected, Unavailable

ACCESS: Final = "_allow_access_control"  # the field in which Elastic's connectors say who may read a document
AT_ONCE: Final = 1000  # documents without their text
SECONDS: Final = 60.0
KEEP_ALIVE: Final = "5m"  # of the view of the index that is listed, from one request to the next
TRIES: Final = 4
BUSY: Final = frozenset({429, 502, 503, 504})


class ElasticsearchOptions(Options):
    """What `[sources.NAME]` says of an index; of fields, the first that a document has is taken."""

    url: str
    index: str  # a name or an alias
    api_key: SecretStr = SecretStr("")  # from the environment
    api_key_file: Path | None = None
    username: str = ""
    password: SecretStr = SecretStr("")  # from the environment
    password_file: Path | None = None
    ca_file: Path | None = None
    access: Literal["required", "elastic", "public"] = "required"
    title: tuple[str, ...] = ("title", "name", "Summary", "subject", "file_name", "path")
    body: tuple[str, ...] = ("body", "message", "content", "description", "text", "body_content")
    link: tuple[str, ...] = ("url", "webUrl", "html_url", "webViewLink", "permalink")
    updated: tuple[str, ...] = ("_timestamp", "lastModifiedDateTime", "updated_at")
    format: Literal["txt", "md", "html"] = "txt"  # of the body


def create(source: Source) -> "Index":
    options = source.read(ElasticsearchOptions)
    address = urlsplit(options.url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise InvalidInput(
            f"setting 'sources.{source.name}.url': {options.url!r} is no address; write https://host:9200"
        )
    if address.username or address.password:
        raise InvalidInput(
            f"setting 'sources.{source.name}.url' holds a password; set username and password_file instead"
        )
    if not options.index or set(options.index) & set("*,/ ?#<>"):
        raise InvalidInput(f"setting 'sources.{source.name}.index': {options.index!r} is no name of an index or alias")
    key = read_secret(source.name, "api_key", file=options.api_key_file, value=options.api_key)
    password = read_secret(source.name, "password", file=options.password_file, value=options.password)
    return Index(options, api_key=key, password=password, name=source.name, principals=source.principals)


class Index:
    """Lists an index as it is at one moment. Documents are known by their `_id`, unchanged by their sequence number.

    `access` says what the field `_allow_access_control` means: `required`: without it, nobody may read a document;
    `elastic`: without it, `principals` may, as Elastic's connectors mean it; `public`: there is no such field, and one
    that has it is a mistake.
    """

    def __init__(
        self, options: ElasticsearchOptions, *, api_key: str, password: str, name: str, principals: frozenset[str]
    ) -> None:
        self.name = name
        self.place = f"{options.url.rstrip('/')}/{options.index}"
        self.ruled = options.access != "public"
        self._options = options
        self._principals = principals
        self._client = httpx.Client(
            base_url=options.url.rstrip("/"),
            headers={"Authorization": f"ApiKey {api_key}"} if api_key else {},
            auth=(options.username, password) if options.username and not api_key else None,
            verify=ssl.create_default_context(cafile=options.ca_file),
            timeout=SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - listed whole
        async with aclosing(stepped(self._pages())) as pages:
            async for page in pages:
                for hit in page:
                    yield Upsert(item=self._item(hit)), ""
        yield ListingEnd(), ""

    def open(self, item: Item) -> BinaryIO:
        try:
            found = self._ask(
                "POST", f"/{quote(self._options.index)}/_search",
                {"query": {"ids": {"values": [item.native_id]}}, "_source": list(self._options.body), "size": 1},
            )["hits"]["hits"]  # fmt: skip
        except GroundselError as error:
            raise Rejected(f"it cannot be read: {error}") from None
        if not found:
            raise Rejected("it is gone since it was listed")
        return io.BytesIO(first(found[0].get("_source") or {}, self._options.body).encode(errors="replace"))

    def _pages(self) -> Generator[Sequence[Mapping[str, Any]]]:
        """Yield all documents, without their text, as they were when this began.

        Raises:
            GroundselError: not all of them can be listed.

        """
        options = self._options
        view = self._ask("POST", f"/{quote(options.index)}/_pit?keep_alive={KEEP_ALIVE}")["id"]
        after: list[object] | None = None
        try:
            while True:
                asked: Mapping[str, object] = {
                    "size": AT_ONCE,
                    "pit": {"id": view, "keep_alive": KEEP_ALIVE},
                    "sort": ["_shard_doc"],
                    "_source": [ACCESS, *options.title, *options.link, *options.updated],
                    "seq_no_primary_term": True,
                    "track_total_hits": False,
                } | ({"search_after": after} if after else {})
                answer = self._ask("POST", "/_search", asked)
                view = answer.get("pit_id", view)
                found = answer["hits"]["hits"]
                if not found:
                    return
                yield found
                after = found[-1]["sort"]
        finally:
            self._let_go(view)

    def _let_go(self, view: str) -> None:
        """Close the view; a server that does not hear it closes it after a while by itself."""
        try:
            self._client.request("DELETE", "/_pit", json={"id": view})
        except httpx.HTTPError:
            return

    def _item(self, hit: Mapping[str, Any]) -> Item:
        options = self._options
        source = hit.get("_source") or {}
        native_id = str(hit["_id"])
        link = first(source, options.link)
        shown = link if urlsplit(link).scheme in {"http", "https"} else f"{self.place}/_doc/{quote(native_id, safe='')}"
        return Item(
            native_id=native_id,
            name=f"{native_id}.{options.format}",
            title=first(source, options.title),
            uri=shown,
            stamp=f"{hit['_seq_no']}-{hit['_primary_term']}",
            modified_at=read_time(first(source, options.updated)),
            allowed=self._readers(source, native_id),
        )

    def _readers(self, source: Mapping[str, Any], native_id: str) -> frozenset[str]:
        """Give who may read a document; a field that is there but empty, or no list of principals, is nobody."""
        if ACCESS not in source:
            return frozenset() if self._options.access == "required" else self._principals
        if self._options.access == "public":
            raise InvalidInput(
                f"document {native_id} of {self.place} says who may read it, and source {self.name!r} is public: "
                "set its access to required or elastic"
            )
        given = source[ACCESS]
        listed = given if isinstance(given, list) else [given]
        return frozenset(each for each in listed if isinstance(each, str) and ":" in each)

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Send one request, again where the cluster is busy.

        Raises:
            InvalidInput: there is no such index, or we may not read it.
            Unavailable: it does not answer, or not in whole.

        """
        said = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(0.2 * 2**attempt)
            try:
                answer = self._client.request(method, path, json=body)
            except httpx.HTTPError as error:
                said = str(error) or type(error).__name__
                continue
            if answer.status_code in BUSY:
                said = reason(answer)
                continue
            if answer.status_code in {401, 403}:
                raise InvalidInput(
                    f"{self.place} does not let us in ({reason(answer)}); mend the credentials of source {self.name!r}"
                )
            if answer.status_code == 404:  # noqa: PLR2004 - HTTP's number
                raise InvalidInput(f"{self.place} cannot be listed ({reason(answer)}); mend source {self.name!r}")
            if answer.is_error:
                raise Unavailable(f"{self.place} cannot be listed ({reason(answer)}); look to it, then ingest again")
            told: dict[str, Any] = answer.json()
            if told.get("timed_out") or told.get("_shards", {}).get("failed"):
                said = "some of its shards do not answer"
                continue
            return told
        raise Unavailable(f"{self.place} does not answer: {said}")


def first(source: Mapping[str, Any], names: Sequence[str]) -> str:
    """Give the first of these fields that holds text, "" where none does; of several values, all, a line each."""
    for name in names:
        value = source.get(name)
        texts = [str(each) for each in (value if isinstance(value, list) else [value]) if isinstance(each, str | int)]
        if text := "\n".join(texts).strip():
            return text
    return ""


def read_time(text: str) -> datetime | None:
    """Read ISO 8601; a time without a zone is taken as UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def reason(answer: httpx.Response) -> str:
    """Give what Elasticsearch says went wrong, in one line."""
    try:
        error = answer.json()["error"]
        told = f"{error.get('type')}: {error.get('reason')}" if isinstance(error, dict) else str(error)
    except (ValueError, KeyError, TypeError):
        told = answer.reason_phrase
    return f"{answer.status_code}: {' '.join(told.split())[:200]}"
