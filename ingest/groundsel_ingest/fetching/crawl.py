"""Walks a site: from its first pages and its sitemaps along the links, each page once."""

import gzip
import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from groundsel_ingest.extracting.formats import MEDIA_TYPES
from groundsel_ingest.fetching.addresses import is_trap, origin
from groundsel_ingest.fetching.client import (
    MOST_REDIRECTS,
    REDIRECTS,
    Client,
    Disallowed,
    Elsewhere,
    Fetched,
    Unanswered,
)
from groundsel_ingest.fetching.memory import Memory, Remembered
from groundsel_ingest.fetching.pages import Page, read_page, read_sitemap
from groundsel_pipelines.errors import Rejected, Unavailable

GONE: Final = frozenset({404, 410, 451})
CLOSED: Final = frozenset({401, 403})
SITEMAP_DEPTH: Final = 3  # sitemaps that name sitemaps
SITEMAP_BYTES: Final = 50 * 1024**2  # unpacked; sitemaps.org allows no more
WEB_PAGE: Final = ".webpage"
SUFFIXES: Final = {  # of files, by what their server calls them
    "text/html": WEB_PAGE,
    "application/xhtml+xml": WEB_PAGE,
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page as it is now."""

    url: str  # the one that it is known by
    fetched_from: str
    suffix: str  # that tells its type
    remembered: Remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a walk goes."""

    wanted: Callable[[str], bool]  # may be asked for
    listed: Callable[[str], bool]  # becomes a document; another page is only followed
    follow: bool
    deepest: int  # links from the first pages
    most_pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A page to be looked at."""

    url: str
    depth: int  # links from a first page
    hops: int = 0  # redirects on the way to it


class Crawl:
    """One walk over a site.

    Args:
        client: fetches.
        memory: of earlier walks.
        bounds: how far it goes.

    """

    def __init__(self, client: Client, memory: Memory, bounds: Bounds) -> None:
        self._client = client
        self._memory = memory
        self._bounds = bounds
        self._waiting: deque[Step] = deque()
        self._seen: set[str] = set()  # asked for, or about to be
        self._known: set[str] = set()  # the addresses of pages that were found
        self.unlisted: list[str] = []  # sentences: why the walk did not see everything

    def run(self, start: Sequence[str], sitemaps: Sequence[str]) -> Generator[Found]:
        """Yield every page.

        Raises:
            Unavailable: none of the first pages answers.

        """
        self._enqueue(start, depth=0)
        for place in dict.fromkeys(map(origin, start)):
            named = list(sitemaps) or self._client.sitemaps(place) or [f"{place}/sitemap.xml"]
            for sitemap in named:
                self._read_sitemap(sitemap, depth=0, must=bool(sitemaps))
        asked = 0
        while self._waiting:
            if asked == self._bounds.most_pages:
                self.unlisted.append(f"only the first {asked:,} pages were looked at (setting most_pages)")
                return
            step = self._waiting.popleft()
            asked += 1
            found = self._look(step)
            if found is None:
                continue
            if self._bounds.follow and step.depth < self._bounds.deepest:
                self._enqueue(found.remembered.page.links, depth=step.depth + 1)
            if found.url not in self._known:
                self._known.add(found.url)
                if found.remembered.page.index and self._bounds.listed(found.url):
                    yield found
        if self.unlisted and not self._known:
            raise Unavailable(self.unlisted[0])

    def _enqueue(self, urls: Sequence[str], *, depth: int, hops: int = 0) -> None:
        for url in urls:
            if url not in self._seen and self._bounds.wanted(url) and not is_trap(url):
                self._seen.add(url)
                self._waiting.append(Step(url=url, depth=depth, hops=hops))

    def _look(self, step: Step) -> Found | None:
        """Fetch a page if it has changed; None where there is none, or where it does not come, which is told.

        A page that was there before and now leads to a sign-in, or is forbidden, has not gone: our rights have.
        """
        url = step.url
        remembered = self._memory.recall(url)
        try:
            answer = self._client.fetch(url, validators=remembered.validators if remembered else None)
        except Rejected:  # too large: listed, and rejected when it is read
            return self._found(url, Remembered(validators={}, page=Page(), media_type="", stamp="", modified_at=""))
        except Disallowed:
            self._memory.forget(url)
            return None
        except Unanswered as error:
            if remembered or step.depth == 0 or not isinstance(error, Elsewhere):
                self.unlisted.append(str(error))
            return None
        if answer.status == 200:  # noqa: PLR2004 - HTTP's numbers, here and below
            remembered = noted(answer)
            self._memory.remember(url, remembered, answer.content)
            return self._found(url, remembered)
        if answer.status == 304 and remembered is not None:  # noqa: PLR2004
            return self._found(url, remembered)
        if answer.status in REDIRECTS:
            if step.hops < MOST_REDIRECTS:
                self._enqueue([answer.url], depth=step.depth, hops=step.hops + 1)
            self._memory.forget(url)
        elif answer.status in GONE or (answer.status in CLOSED and remembered is None):
            self._memory.forget(url)
        else:
            self.unlisted.append(f"{url} answers {answer.status}")
        return None

    def _found(self, url: str, remembered: Remembered) -> Found:
        canonical = remembered.page.canonical
        known_by = canonical if canonical and self._bounds.wanted(canonical) else url
        if known_by != url:
            self._seen.add(known_by)
        return Found(url=known_by, fetched_from=url, suffix=suffix(url, remembered.media_type), remembered=remembered)

    def _read_sitemap(self, url: str, *, depth: int, must: bool) -> None:
        """Take up the pages that a sitemap names, of the sites that are wanted."""
        if not self._bounds.wanted(url) or depth > SITEMAP_DEPTH or url in self._seen:
            return
        self._seen.add(url)
        try:
            answer = self._client.follow(url)
        except (Unanswered, Rejected) as error:
            if must or not isinstance(error, Disallowed | Elsewhere):
                self.unlisted.append(f"the sitemap {url} cannot be read: {error}")
            return
        if answer.status != 200:  # noqa: PLR2004
            if must:
                self.unlisted.append(f"the sitemap {url} answers {answer.status}")
            return
        named, more = read_sitemap(unpacked(answer.content).decode("utf-8", errors="replace"))
        if not more:
            self._enqueue(named, depth=0)
            return
        for each in named:
            self._read_sitemap(each, depth=depth + 1, must=must)


def noted(answer: Fetched) -> Remembered:
    """Give what is worth remembering of a page."""
    headers = answer.headers
    kind, _, parameters = headers.get("content-type", "text/html").partition(";")
    media_type = kind.strip().lower()
    page = Page()
    if SUFFIXES.get(media_type) == WEB_PAGE:
        charset = parameters.partition("charset=")[2].split(";")[0].strip("\"' ") or "utf-8"
        page = read_page(
            text_of(answer.content, charset), url=answer.url, robots_header=headers.get("x-robots-tag", "")
        )
    validators = {}
    if etag := headers.get("etag"):
        validators["If-None-Match"] = etag
    if modified := headers.get("last-modified"):
        validators["If-Modified-Since"] = modified
    return Remembered(
        validators=validators,
        page=page,
        media_type=media_type,
        stamp=hashlib.sha256(answer.content).hexdigest()[:32],
        modified_at=date_of(headers.get("last-modified", "")),
    )


def suffix(url: str, media_type: str) -> str:
    """Give the suffix that tells a page's type: by its server, else by its address."""
    if media_type in SUFFIXES:
        return SUFFIXES[media_type]
    name = url.partition("?")[0].rsplit("/", 1)[-1]
    own = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    return own if own in MEDIA_TYPES else f".{media_type.rpartition('/')[2] or 'unknown'}"


def text_of(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, errors="replace")
    except LookupError:
        return content.decode("utf-8", errors="replace")


def date_of(text: str) -> str:
    """Give an HTTP date as ISO 8601, or ""."""
    try:
        return parsedate_to_datetime(text).isoformat()
    except ValueError:
        return ""


def unpacked(content: bytes) -> bytes:
    """Unpack a sitemap that is kept packed, as far as it may go."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return zlib.decompressobj(wbits=31).decompress(content, SITEMAP_BYTES)
    except (zlib.error, gzip.BadGzipFile):
        return b""
