"""Addresses of pages: their one form, and those that lead into traps."""

import re
from collections import Counter
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urljoin, urlsplit, urlunsplit

LONGEST: Final = 2000  # characters
MOST_REPEATS: Final = 3  # of one name in a path: a page that links to "./next" leads to /next/next/next ...
MOST_PARAMETERS: Final = 8
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
SAFE: Final = "/:@!$&'()*+,;=~-._"
ASIDE: Final = re.compile(  # parameters that say who came from where, and are not part of what is shown
    r"utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|ref_src|(?:php|j)?sess(?:ion)?_?id", re.IGNORECASE
)


def normal(url: str, *, base: str = "") -> str | None:
    """Give the one form of an address, or None where it is none of a page.

    Host in lower case, no fragment, no default port, no `.` and `..`, no session or campaign in the query, the rest of
    it in its order; percent-encoding as RFC 3986 (6.2.2) has it.
    """
    try:
        parts = urlsplit(urljoin(base, url.strip()) if base else url.strip())
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode() if parts.hostname else ""
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or parts.username or parts.password:
        return None
    host = f"[{host}]" if ":" in host else host
    place = host if port in {None, DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"
    path = quote(unquote_to_bytes(resolved(parts.path)), safe=SAFE) or "/"
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not ASIDE.fullmatch(pair[0])])
    found = urlunsplit((parts.scheme, place, path, query, ""))
    return found if len(found) <= LONGEST else None


def resolved(path: str) -> str:
    """Take `.`, `..` and doubled slashes out of a path; `;jsessionid=...` as well."""
    kept: list[str] = []
    names = path.split("/")
    for name in names:
        name = re.sub(r";jsessionid=\w*", "", name, flags=re.IGNORECASE)  # noqa: PLW2901 - the same name, cleaned
        if name == "..":
            kept = kept[:-1]
        elif name not in {"", "."}:
            kept.append(name)
    return "/" + "/".join(kept) + ("/" if kept and names[-1] in {"", ".", ".."} else "")


def is_trap(url: str) -> bool:
    """Say whether an address looks made up by a loop: the same names again and again, ever more parameters."""
    parts = urlsplit(url)
    repeats = Counter(name for name in parts.path.split("/") if name)
    return max(repeats.values(), default=0) > MOST_REPEATS or parts.query.count("&") >= MOST_PARAMETERS


def origin(url: str) -> str:
    """Give scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
