"""Fetches pages: one at a time, with a pause between two, as robots.txt asks, again when the server is busy."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
from protego import Protego

from groundsel_ingest.fetching.addresses import normal, origin
from groundsel_ingest.fetching.guarded import Forbidden, Network, guarded_transport
from groundsel_pipelines.errors import Rejected, Unavailable

MOST_REDIRECTS: Final = 10
TRIES: Final = 3  # of a request that a busy or broken server does not answer
LONGEST_PAUSE: Final = 60.0  # seconds that a server may ask us to wait
SECONDS: Final = 30.0  # for one answer
ROBOTS_BYTES: Final = 500 * 1024  # RFC 9309: at least so much is read
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
BUSY: Final = frozenset({429, 500, 502, 503, 504})
AGENT: Final = "groundsel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer; `url` is where it came from, or where it leads to."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class Unanswered(Exception):
    """A page did not come: its server is busy or broken. A sentence."""


class Disallowed(Unanswered):
    """The site does not want it fetched: as if it did not exist."""


class Elsewhere(Unanswered):
    """It leads away from the source, or to where nobody may reach."""


class Client:
    """Fetches pages of given origins.

    Args:
        wanted: says whether a page may be asked for, by its address: each redirect is asked about anew.
        private: networks that may be reached though they are not of the public internet.
        pause: seconds between two requests to one origin; robots.txt may ask for more.
        largest: bytes of a page.
        credentials: name and password, by the only origins that they are sent to.
        ca_file: certificates of further authorities.

    """

    def __init__(
        self,
        *,
        wanted: Callable[[str], bool],
        private: tuple[Network, ...],
        pause: float,
        largest: int,
        credentials: Mapping[str, tuple[str, str]],
        ca_file: str | None = None,
    ) -> None:
        self._wanted = wanted
        self._pause = pause
        self._largest = largest
        self._credentials = credentials
        self._robots: dict[str, Protego] = {}
        self._last: dict[str, float] = {}  # when each origin was last asked
        self._client = httpx.Client(
            transport=guarded_transport(private, ca_file=ca_file),
            trust_env=False,
            follow_redirects=False,
            timeout=SECONDS,
            headers={"User-Agent": AGENT},
        )

    def close(self) -> None:
        self._client.close()

    def fetch(self, url: str, *, validators: Mapping[str, str] | None = None) -> Fetched:
        """Fetch a page; an answer that leads elsewhere is given as it is, its `url` where it leads.

        Raises:
            Disallowed: robots.txt asks us not to.
            Elsewhere: it leads to what is no page of this source, or lies where nobody may reach.
            Unanswered: it does not come: its server is busy or broken.
            Rejected: it is larger than is wanted.

        """
        if not self.may_fetch(url):
            raise Disallowed(f"{url}: its robots.txt asks us not to fetch it")
        answer = self._ask(url, validators or {})
        target = answer.headers.get("location", "")
        if answer.status not in REDIRECTS or not target:
            return answer
        found = normal(target, base=url)
        if found is None or not self._wanted(found):
            raise Elsewhere(f"{url} leads to {target[:200]}, which is no page of this source")
        return replace(answer, url=found)

    def follow(self, url: str) -> Fetched:
        """Fetch a page wherever it has gone; as `fetch`."""
        for _ in range(MOST_REDIRECTS):
            answer = self.fetch(url)
            if answer.status not in REDIRECTS:
                return answer
            url = answer.url
        raise Elsewhere(f"{url}: redirected {MOST_REDIRECTS} times")

    def may_fetch(self, url: str) -> bool:
        """Say whether robots.txt (RFC 9309) lets us fetch a page.

        Raises:
            Unavailable: it cannot be read: then nothing may be fetched.

        """
        return self._rules(origin(url)).can_fetch(url, AGENT)

    def sitemaps(self, place: str) -> list[str]:
        """Give the sitemaps that robots.txt of an origin names."""
        return list(self._rules(place).sitemaps)

    def _rules(self, place: str) -> Protego:
        if place not in self._robots:
            try:
                answer = self._ask(f"{place}/robots.txt", {}, largest=ROBOTS_BYTES)
            except (Unanswered, Rejected) as error:
                raise Unavailable(f"{place}/robots.txt cannot be read, so nothing there may be: {error}") from None
            text = answer.content.decode("utf-8", errors="replace") if answer.status == 200 else ""  # noqa: PLR2004
            self._robots[place] = Protego.parse(text)
        return self._robots[place]

    def _ask(self, url: str, validators: Mapping[str, str], *, largest: int = 0) -> Fetched:
        """Send one request, again after a pause where the server is busy."""
        place = origin(url)
        said = ""
        for remaining in reversed(range(TRIES)):
            self._wait(place)
            try:
                answer = self._send(url, validators, auth=self._credentials.get(place), largest=largest)
            except Forbidden as error:
                raise Elsewhere(f"{url} may not be fetched: {error}; see the setting `private`") from None
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if not remaining:
                    raise Unanswered(f"{url} does not answer: {str(error) or type(error).__name__}") from None
                time.sleep(min(self._pause * 2 + 0.1, LONGEST_PAUSE))
                continue
            if answer.status not in BUSY:
                return answer
            said = str(answer.status)
            if remaining:
                time.sleep(min(asked_to_wait(answer.headers.get("retry-after", "")), LONGEST_PAUSE))
        raise Unanswered(f"{url} does not answer: {said}")

    def _send(self, url: str, validators: Mapping[str, str], *, auth: tuple[str, str] | None, largest: int) -> Fetched:
        most = largest or self._largest
        with self._client.stream("GET", url, headers=validators, auth=auth) as answer:
            content = bytearray()
            if answer.status_code == 200:  # noqa: PLR2004 - what is said beside an error is not needed
                for block in answer.iter_bytes():
                    content += block
                    if len(content) > most:
                        raise Rejected(f"it is larger than {most / 1024**2:g} MiB")
            return Fetched(url=url, status=answer.status_code, headers=dict(answer.headers), content=bytes(content))

    def _wait(self, place: str) -> None:
        """Wait until the origin may be asked again."""
        rules = self._robots.get(place)
        pause = max(self._pause, min(float(rules.crawl_delay(AGENT) or 0), LONGEST_PAUSE)) if rules else self._pause
        left = self._last.get(place, 0.0) + pause - time.monotonic()
        if left > 0:
            time.sleep(left)
        self._last[place] = time.monotonic()


def asked_to_wait(text: str) -> float:
    """Read Retry-After (RFC 9110, 10.2.3): seconds, or a time; a second where it says neither."""
    if text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 1.0
    return max(at.timestamp() - time.time(), 0.0)
