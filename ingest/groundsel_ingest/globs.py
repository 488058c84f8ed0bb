"""Patterns of paths: `*` and `?` within a name, `**` across folders; without a slash, a name at any depth."""

import re
from functools import cache


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Translate a pattern to a regular expression over a whole path with forward slashes."""
    anywhere = "/" not in pattern.rstrip("/")
    pattern = pattern.lstrip("/")
    if pattern.endswith("/"):
        pattern += "**"
    parts = (
        "(?:.*/)?" if part == "**/" else ".*" if part == "**" else "[^/]*" if part == "*" else "[^/]" if part == "?"
        else re.escape(part)
        for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    )  # fmt: skip
    return re.compile(("(?:.*/)?" if anywhere else "") + "".join(parts), re.DOTALL)


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Say whether `path`, relative and with forward slashes, fits one of `patterns`."""
    return any(compiled(pattern).fullmatch(path) for pattern in patterns)
