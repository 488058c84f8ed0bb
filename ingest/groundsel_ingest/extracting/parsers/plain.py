"""Plain text: paragraphs between empty lines, wrapped lines joined, lists kept."""

import re
from typing import BinaryIO

from groundsel_ingest.extracting.decoding import decode
from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_pipelines.characters import clean

PARAGRAPH_BREAK = re.compile(r"\n[ \t]*\n+")
ITEM = re.compile(r"\s*(?:[-*\u2022\u25cf\u2013]|\d{1,3}[.)]|[a-z]\))\s+\S")
WRAPPED_CHARACTERS = 50  # shorter lines are not wrapped, they end: an address, a poem, a signature


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    add_text(manuscript, decode(file.read()))


def add_text(manuscript: Manuscript, text: str) -> None:
    """Add plain text, as it stands in a text file or in the body of a mail."""
    for paragraph in PARAGRAPH_BREAK.split(clean(text)):
        lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
        if not lines:
            continue
        if ITEM.match(lines[0]) and len(lines) > 1:
            manuscript.items(unwrapped_items(lines))
        elif len(lines) > 1 and sum(map(len, lines[:-1])) < WRAPPED_CHARACTERS * (len(lines) - 1):
            manuscript.items(lines)
        else:
            manuscript.paragraph(" ".join(lines))


def unwrapped_items(lines: list[str]) -> list[str]:
    """Join the lines that continue an item to it."""
    items: list[str] = []
    for line in lines:
        if items and not ITEM.match(line):
            items[-1] += f" {line}"
        else:
            items.append(line)
    return items
