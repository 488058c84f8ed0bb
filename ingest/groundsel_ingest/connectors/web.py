"""The pages of a site: from its first pages and sitemaps along the links, as robots.txt allows; only what changed."""

import hashlib
import ipaddress
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Annotated, BinaryIO, Final
from urllib.parse import unquote, urlsplit

from platformdirs import user_cache_path
from pydantic import ByteSize, Field, SecretStr

from groundsel_ingest.connector import Change, Item, ListingEnd, Options, Source, Upsert
from groundsel_ingest.connectors.stepping import stepped
from groundsel_ingest.fetching.addresses import normal, origin
from groundsel_ingest.fetching.client import Client, Unanswered
from groundsel_ingest.fetching.crawl import Bounds, Crawl, Found
from groundsel_ingest.fetching.memory import Memory
from groundsel_ingest.globs import matches
from groundsel_ingest.reading import MOST_BYTES
from groundsel_ingest.secrets import read_secret
from groundsel_pipelines.errors import InvalidInput, Rejected

LARGEST: Final = ByteSize(20 * 1024**2)


class WebOptions(Options):
    start: Annotated[tuple[str, ...], Field(min_length=1)]  # first pages; their sites are the source
    sitemaps: tuple[str, ...] = ()  # by default those that robots.txt names, else /sitemap.xml
    sites: tuple[str, ...] = ()  # further sites whose pages belong to it: https://other.example
    include: tuple[str, ...] = ("**",)  # patterns of the path and query, one of which a page must fit to be indexed
    exclude: tuple[str, ...] = ()  # patterns of pages that are neither indexed nor looked at
    follow: bool = True  # links; else only first pages and sitemaps
    deepest: Annotated[int, Field(ge=0)] = 10  # links from a first page or a sitemap
    most_pages: Annotated[int, Field(ge=1)] = 10_000
    pause: Annotated[float, Field(ge=0)] = 1.0  # seconds between two requests to a site
    largest: ByteSize = LARGEST  # of a page
    private: tuple[str, ...] = ()  # networks that may be reached though they are not public: 10.1.0.0/16
    ca_file: Path | None = None  # certificates of further authorities
    username: str = ""  # HTTP's basic authentication, for the sites of `start` only
    password: SecretStr = SecretStr("")  # from the environment
    password_file: Path | None = None
    memory: Path = user_cache_path("groundsel") / "web"  # where it is kept what pages were like


def create(source: Source) -> "Web":
    options = source.read(WebOptions)
    password = read_secret(source.name, "password", file=options.password_file, value=options.password)
    return Web(options, password=password, name=source.name, principals=source.principals)


class Web:
    """Walks a site, and lists each page by the address that the page wants to be known by."""

    ruled = False

    def __init__(self, options: WebOptions, *, password: str, name: str, principals: frozenset[str]) -> None:
        self.name = name
        self._principals = principals
        self._options = options
        self._start = tuple(self._address(url, key="start") for url in options.start)
        self._sitemaps = tuple(self._address(url, key="sitemaps") for url in options.sitemaps)
        self._sites = {
            origin(url) for url in (*self._start, *(self._address(site, key="sites") for site in options.sites))
        }
        self.place = " ".join(self._start)
        try:
            private = tuple(ipaddress.ip_network(network) for network in options.private)
        except ValueError as error:
            raise InvalidInput(f"setting 'sources.{name}.private': {error}; write networks as 10.1.0.0/16") from None
        credentials = (options.username, password)
        self._client = Client(
            wanted=self._wanted,
            private=private,
            pause=options.pause,
            largest=min(options.largest, MOST_BYTES),
            credentials={origin(url): credentials for url in self._start} if options.username else {},
            ca_file=str(options.ca_file) if options.ca_file else None,
        )
        self._memory = Memory(options.memory.expanduser() / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.db")

    def close(self) -> None:
        self._client.close()
        self._memory.close()

    async def changes(self, cursor: str | None) -> AsyncGenerator[tuple[Change, str]]:  # noqa: ARG002 - walked whole
        self._memory.forget_bodies()
        crawl = Crawl(
            self._client,
            self._memory,
            Bounds(
                wanted=self._wanted,
                listed=lambda url: matches(path_of(url), self._options.include),
                follow=self._options.follow,
                deepest=self._options.deepest,
                most_pages=self._options.most_pages,
            ),
        )
        async with aclosing(stepped(crawl.run(self._start, self._sitemaps))) as pages:
            async for found in pages:
                yield Upsert(item=self._item(found)), ""
        yield ListingEnd(unlisted=tuple(crawl.unlisted)), ""

    def open(self, item: Item) -> BinaryIO:
        fetched_from = item.stamp.partition(" ")[2] or item.native_id
        if (content := self._memory.take(fetched_from)) is not None:
            return BytesIO(content)
        try:
            answer = self._client.follow(fetched_from)
        except Unanswered as error:
            raise Rejected(str(error)) from None
        if answer.status != 200:  # noqa: PLR2004 - HTTP's number
            raise Rejected(f"its server answers {answer.status}")
        return BytesIO(answer.content)

    def _address(self, url: str, *, key: str) -> str:
        found = normal(url)
        if found is None:
            raise InvalidInput(
                f"setting 'sources.{self.name}.{key}': {url!r} is no address of a page; write https://..."
            )
        return found

    def _wanted(self, url: str) -> bool:
        return origin(url) in self._sites and not matches(path_of(url), self._options.exclude)

    def _item(self, found: Found) -> Item:
        remembered = found.remembered
        name = PurePosixPath(unquote(urlsplit(found.url).path)).stem or urlsplit(found.url).hostname or "page"
        return Item(
            native_id=found.url,
            name=f"{name}{found.suffix}",
            uri=found.url,
            stamp=f"{remembered.stamp} {found.fetched_from}",
            modified_at=datetime.fromisoformat(remembered.modified_at).astimezone(UTC)
            if remembered.modified_at
            else None,
            allowed=self._principals,
        )


def path_of(url: str) -> str:
    """Give what patterns are about: path and query, without the first slash."""
    parts = urlsplit(url)
    return parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
