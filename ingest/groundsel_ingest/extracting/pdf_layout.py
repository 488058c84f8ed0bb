"""Tells headings, paragraphs, lists and tables from where the lines of pages stand and how large they are."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from groundsel_ingest.extracting.manuscript import Manuscript

SOFT_HYPHEN = "\u00ad"  # at the end of a line: the word goes on in the next one

HEADING_SIZE = 1.15  # of the body's; subheadings are often just 12 on 10 points
HEADING_SHARE = 0.25  # of all characters: a size in which more is written is a second body
HEADING_CHARACTERS = 120
CELL_GAP = 1.5  # of the size: a justified line has spaces of up to one
LINE_DISTANCE = 1.8  # of the size, from foot to foot; more parts two paragraphs
SPACE = 0.3  # of the size
COLUMN_INDENT = 3.0  # of the size: lines that begin within it of one another are of one column
EDGE_LINES = 2  # at the head and the foot of a page: where running titles and page numbers are looked for
RUNNING_PAGES = 3  # what stands at the edge of this many pages, and of half of all, is no text

ITEM = re.compile(r"(?:[-*\u2022\u25cf\u25aa\u25e6\u2013\uf0b7]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+\S")
PAGE_NUMBER = re.compile(
    r"(?:page|seite|página|pagina|s\.|p\.)?\s*[-\u2013]?\s*\d{1,4}\s*[-\u2013]?"
    r"(?:\s*(?:/|of|von|sur|de|di|van|av)\s*\d{1,4})?",
    re.IGNORECASE,
)
END_OF_SENTENCE = (".", "!", "?", ":", ";", "。", "”", '"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    text: str
    left: float  # points from the left edge of the page
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page, its place in points from the lower left."""

    words: tuple[Word, ...]
    bottom: float
    top: float
    size: float  # of most of its characters, ascent and descent included
    bold: bool

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def left(self) -> float:
        return self.words[0].left

    @property
    def right(self) -> float:
        return self.words[-1].right

    @property
    def cells(self) -> list[str]:
        """Its words, parted where the gap between two is too wide for a space."""
        cells = [[self.words[0].text]]
        for before, word in pairwise(self.words):
            if word.left - before.right > CELL_GAP * self.size:
                cells.append([])
            cells[-1].append(word.text)
        return [" ".join(cell) for cell in cells]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is usual in this document, against which a line is a heading or ends early."""

    size: float
    bold: bool
    sizes: tuple[float, ...]  # of headings, largest first

    def level(self, line: Line) -> int:
        """Give the level of a heading from 1, or 0 for any other line."""
        text = line.text
        if len(text) > HEADING_CHARACTERS or not any(map(str.isalpha, text)):
            return 0
        if line.size in self.sizes:  # a number before it counts sections, not items
            return self.sizes.index(line.size) + 1
        if ITEM.match(text) or text.endswith((*END_OF_SENTENCE, ",")) or len(line.cells) > 1:
            return 0
        return len(self.sizes) + 1 if line.bold and not self.bold else 0


NO_MEASURES = Measures(size=0.0, bold=False, sizes=())  # of pages on which there are only notes


def add_pages(manuscript: Manuscript, pages: Sequence[list[Line]], notes: Sequence[Sequence[str]]) -> None:
    """Add the text of all pages, each with the notes on it, without what runs at their heads and feet.

    Where that is all there is, it is kept.
    """
    running = running_lines(pages)
    measures = measure([line for lines in pages for line in lines]) if any(pages) else NO_MEASURES
    bodies = [without_running(lines, running, many=len(pages) > 1) for lines in pages]
    taken = bodies if any(bodies) else pages
    for number, (lines, written) in enumerate(zip(taken, notes, strict=True), start=1):
        manuscript.page = number
        add_lines(manuscript, lines, measures)
        for note in written:
            manuscript.paragraph(note)


def without_running(lines: Sequence[Line], running: frozenset[str], *, many: bool) -> list[Line]:
    edge = edge_lines(lines)
    return [line for line in lines if not (id(line) in edge and is_running(line, running, many=many))]


def measure(lines: Sequence[Line]) -> Measures:
    sizes: Counter[float] = Counter()
    bold = 0
    for line in lines:
        sizes[line.size] += len(line.text)
        bold += len(line.text) if line.bold else 0
    size = sizes.most_common(1)[0][0]
    larger: list[float] = []
    written = 0
    for each in sorted((each for each in sizes if each >= HEADING_SIZE * size), reverse=True):
        written += sizes[each]
        if written <= HEADING_SHARE * sizes.total():
            larger.append(each)
    return Measures(size=size, bold=bold > sizes.total() / 2, sizes=tuple(larger))


def edge_lines(lines: Sequence[Line]) -> set[int]:
    """Give the identities of the highest and the lowest lines of a page."""
    ordered = sorted(lines, key=lambda line: line.bottom)
    return {id(line) for line in (*ordered[:EDGE_LINES], *ordered[-EDGE_LINES:])}


def template(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text.casefold())


def running_lines(pages: Sequence[list[Line]]) -> frozenset[str]:
    """Give what stands at the edge of most pages, numbers aside."""
    seen: Counter[str] = Counter()
    for lines in pages:
        edge = edge_lines(lines)
        seen.update({template(line) for line in lines if id(line) in edge})
    return frozenset(text for text, times in seen.items() if times >= max(RUNNING_PAGES, len(pages) / 2))


def is_running(line: Line, running: frozenset[str], *, many: bool) -> bool:
    return template(line) in running or (many and PAGE_NUMBER.fullmatch(line.text.strip()) is not None)


def add_lines(manuscript: Manuscript, lines: Sequence[Line], measures: Measures) -> None:
    """Add the lines of one page, those that belong together as one block."""
    start = 0
    items: list[str] = []
    while start < len(lines):
        kind, count = leading_block(lines[start:], measures, lines)
        block = lines[start : start + count]
        start += count
        if kind == "list":
            items.append(joined(block))
            continue
        manuscript.items(items)
        items = []
        if kind == "heading":
            manuscript.heading(joined(block), level=measures.level(block[0]))
        elif kind == "table":
            manuscript.rows(line.cells for line in block)
        else:
            manuscript.paragraph(joined(block))
    manuscript.items(items)


def leading_block(lines: Sequence[Line], measures: Measures, page: Sequence[Line]) -> tuple[str, int]:
    """Give the kind of the block that `lines` begin with, and of how many of them it is."""
    first = lines[0]
    if level := measures.level(first):
        return "heading", 1 + leading(lines, lambda before, line: measures.level(line) == level and near(before, line))
    rows = 1 + leading(lines, lambda _, line: len(line.cells) > 1)
    if rows > 1 and len(first.cells) > 1:
        return "table", rows

    def goes_on(before: Line, line: Line) -> bool:
        if ITEM.match(line.text) or measures.level(line) or abs(line.size - before.size) > 0.1 * before.size:
            return False
        if not near(before, line):  # the next column, unless something ended here
            return line.bottom > before.top and not before.text.endswith(END_OF_SENTENCE)
        return wrapped(before, line, page)

    return "list" if ITEM.match(first.text) else "paragraph", 1 + leading(lines, goes_on)


def near(before: Line, line: Line) -> bool:
    """Say whether `line` stands right below the one before it, or beside it."""
    return -0.5 * line.size <= before.bottom - line.bottom <= LINE_DISTANCE * max(line.size, before.size)


def wrapped(before: Line, line: Line, page: Sequence[Line]) -> bool:
    """Say whether the line break was forced: the first word of `line` had no room left in the line before."""
    reach = COLUMN_INDENT * before.size
    column_end = max(other.right for other in page if abs(other.left - before.left) <= reach)
    word = line.words[0]
    return before.right + SPACE * line.size + word.right - word.left > column_end


def leading(lines: Sequence[Line], follows: Callable[[Line, Line], bool]) -> int:
    """Count the lines after the first that each follow the one before."""
    return sum(1 for _ in takewhile(lambda pair: follows(*pair), pairwise(lines)))


def joined(lines: Sequence[Line]) -> str:
    """Join lines to running text; a word parted by a hyphen becomes one."""
    text = " ".join(line.text for line in lines)
    return text.replace(f"{SOFT_HYPHEN} ", "").replace(SOFT_HYPHEN, "-")
