"""What a page says to whoever follows links: where they lead, its one address, what robots are asked.

Read by Python's own parser: what strangers wrote is given to no C library outside a parsing child.
"""

import html
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from groundsel_ingest.fetching.addresses import normal

READ_CHARACTERS: Final = 2_000_000  # of a page, to find its links
MOST_LINKS: Final = 5000
LOCATION: Final = re.compile(r"<(?:\w+:)?loc>\s*(?:<!\[CDATA\[)?\s*([^<\s\]]{1,2000})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    links: tuple[str, ...] = ()  # in their one form, each once, in the order of the page
    canonical: str = ""  # the address that the page wants to be known by; empty where it says none
    index: bool = True
    follow: bool = True


def read_page(text: str, *, url: str, robots_header: str = "") -> Page:
    """Read the links of a page at `url`, and what it asks of robots there or in its header X-Robots-Tag."""
    reader = Reader()
    with suppress(AssertionError):  # the parser's own word for what it cannot go on with
        reader.feed(text[:READ_CHARACTERS])
    base = normal(reader.base, base=url) or url
    asked = f"{reader.robots},{robots_header}".lower().replace(" ", "").split(",")
    follow = not {"nofollow", "none"} & set(asked)
    found = dict.fromkeys(link for each in reader.links if (link := normal(each, base=base)))
    return Page(
        links=tuple(found)[:MOST_LINKS] if follow else (),
        canonical=(normal(reader.canonical, base=base) or "") if reader.canonical else "",
        index=not {"noindex", "none"} & set(asked),
        follow=follow,
    )


@dataclass
class Reader(HTMLParser):
    links: list[str] = field(default_factory=list)
    base: str = ""
    canonical: str = ""
    robots: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        relations = given.get("rel", "").lower().split()
        match tag:
            case "a" | "area" if given.get("href") and "nofollow" not in relations:
                self.links.append(given["href"])
            case "frame" | "iframe" if given.get("src"):
                self.links.append(given["src"])
            case "base" if not self.base:
                self.base = given.get("href", "")
            case "link" if "canonical" in relations and not self.canonical:
                self.canonical = given.get("href", "")
            case "meta" if given.get("name", "").lower() in {"robots", "groundsel"}:
                self.robots += "," + given.get("content", "")
            case _:
                pass


def read_sitemap(text: str) -> tuple[tuple[str, ...], bool]:
    """Give the addresses that a sitemap (sitemaps.org, 0.9) names, and whether they are sitemaps themselves."""
    found = dict.fromkeys(url for each in LOCATION.findall(text) if (url := normal(html.unescape(each))))
    return tuple(found), "<sitemapindex" in text[:2000].lower()
