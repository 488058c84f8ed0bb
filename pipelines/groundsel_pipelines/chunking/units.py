"""The smallest pieces of a document, which no passage cuts: sentences, list items, table rows, headings."""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from groundsel_pipelines.protocols import TokenCounter
from groundsel_pipelines.sentences import sentence_spans
from groundsel_pipelines.types import Block, BlockKind, Document

WORD = re.compile(r"\S+")
LINE = re.compile(r"[^\r\n]+")
MOST_CHARACTERS_PER_TOKEN = 16  # looked at when cutting; longer words exist, and are cut a little early
REMEMBERED = 64  # counts: what stands above a unit comes again and again, the unit itself once
TITLE_CHARACTERS = 160  # of a title or heading kept above a passage: longer ones are mistaken paragraphs


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece that stays whole, `text[start:end]`, without white space around it."""

    start: int  # code points into Document.text
    end: int
    tokens: int
    kind: BlockKind
    page: int | None
    headings: tuple[str, ...]  # the path to it, outermost first: a heading's own with itself, a row's with the first
    room: int  # tokens that title and headings leave for a passage that starts here


class Remembered:
    """Counts each text once in a while: a unit is counted twice, and what stands above it is counted for each."""

    def __init__(self, tokens: TokenCounter) -> None:
        self._tokens = tokens
        self._counts = lru_cache(maxsize=REMEMBERED)(tokens.count)

    def count(self, text: str) -> int:
        return self._counts(text)

    def cut(self, text: str, max_tokens: int) -> str:
        return self._tokens.cut(text, max_tokens)


def units(document: Document, tokens: TokenCounter, budget: int) -> Generator[Unit]:
    """Yield the units of `document` in order; together they hold every character that is not white space.

    A unit never has more tokens than the `budget` leaves below its title and headings: a sentence, item or row that
    is longer comes in pieces, cut between words.
    """
    tokens = Remembered(tokens)
    path: list[tuple[int, str]] = []  # level and text of the headings above
    for block in with_gaps(document.text, document.blocks):
        if block.kind == "heading":
            text = " ".join(document.text[block.start : block.end].split())[:TITLE_CHARACTERS]
            path = [(level, heading) for level, heading in path if level < block.level]
            path.append((block.level, text))
        headings = tuple(heading for _, heading in path)
        for start, end in pieces(document, block, tokens, room=room_below(document.title, headings, tokens, budget)):
            text = document.text[start:end]
            yield Unit(
                start=start,
                end=end,
                tokens=tokens.count(text),
                kind=block.kind,
                page=block.page,
                headings=headings,
                room=room_below(document.title, headings, tokens, budget),
            )
            if block.kind == "table" and start == block.start:
                headings = (*headings, text[:TITLE_CHARACTERS])  # what the columns of the rows below are called


def header(title: str, headings: Sequence[str]) -> str:
    """Give the lines that stand above a passage's text when it is embedded."""
    return "\n".join(line[:TITLE_CHARACTERS] for line in (title, " > ".join(headings)) if line)


def room_below(title: str, headings: Sequence[str], tokens: TokenCounter, budget: int) -> int:
    """Give the tokens left for text below title and headings: half of the budget at least."""
    return max(budget - tokens.count(header(title, headings)), budget // 2, 1)


def with_gaps(text: str, blocks: Sequence[Block]) -> Generator[Block]:
    """Yield the blocks, and a paragraph for each stretch of text that none of them holds."""
    last, page = 0, None
    for block in blocks:
        if text[last : block.start].strip():
            yield Block(kind="paragraph", start=last, end=block.start, page=page)
        yield block
        last, page = block.end, block.page
    if text[last:].strip():
        yield Block(kind="paragraph", start=last, end=len(text), page=page)


def pieces(document: Document, block: Block, tokens: TokenCounter, *, room: int) -> Generator[tuple[int, int]]:
    """Yield (start, end) of the units of one block: sentences of a paragraph, lines of anything else."""
    text = document.text[block.start : block.end]
    sentences = sentence_spans(text, document.language)
    whole = sentences if block.kind == "paragraph" else tuple(trimmed_lines(text))
    for start, end in whole:
        if tokens.count(text[start:end]) <= room:
            yield block.start + start, block.start + end
            continue
        for first, last in (span for span in sentences if start <= span[0] and span[1] <= end):
            for begin, stop in cut(text[first:last], tokens, room=room):
                yield block.start + first + begin, block.start + first + stop


def trimmed_lines(text: str) -> Generator[tuple[int, int]]:
    for line in LINE.finditer(text):
        stripped = line.group().strip()
        if stripped:
            start = line.start() + line.group().index(stripped)
            yield start, start + len(stripped)


def cut(sentence: str, tokens: TokenCounter, *, room: int) -> Generator[tuple[int, int]]:
    """Yield (start, end) of pieces of at most `room` tokens, between words, or within one that is too long itself."""
    start = 0
    while start < len(sentence):
        ahead = sentence[start : start + room * MOST_CHARACTERS_PER_TOKEN]
        kept = len(tokens.cut(ahead, room))
        if start + kept < len(sentence):
            kept = max((word.end() for word in WORD.finditer(ahead) if word.end() <= kept), default=kept)
        end = start + max(kept, 1)
        yield start, end
        start = end + len(sentence[end:]) - len(sentence[end:].lstrip())
