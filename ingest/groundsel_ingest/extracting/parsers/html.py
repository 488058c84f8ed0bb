"""HTML by Lexbor (a browser's algorithm): the blocks of the page, without its scripts and navigation."""

import re
from collections.abc import Generator
from typing import BinaryIO, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from groundsel_ingest.extracting.decoding import decode
from groundsel_ingest.extracting.manuscript import Manuscript

CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
HEAD_BYTES = 4096  # where the encoding must stand; the standard says 1,024, writers are less strict
UNSEEN = (
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas", "select",
    "[hidden]", '[style*="display:none"]', '[style*="display: none"]',
)  # fmt: skip
NAVIGATION = ("nav", "footer", "aside", "[role=navigation]", "[role=contentinfo]", "[role=search]")
MAIN = "main, [role=main]"
HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
BLOCKS = frozenset({
    *HEADINGS, "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "nav", "ol", "p",
    "pre", "section", "summary", "table", "ul", "tbody", "thead", "tfoot", "tr", "td", "th", "caption",
})  # fmt: skip
DEEPEST = 200  # elements within one another; a page of more is an attack on whoever walks it


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    add_html(manuscript, read_text(file))


def read_text(file: BinaryIO) -> str:
    """Read a page in the encoding that it says it has, else in the one that it seems to have."""
    data = file.read()
    charset = CHARSET.search(data[:HEAD_BYTES])
    return decode(data, declared=charset[1].decode() if charset else None)


def add_html(manuscript: Manuscript, html: str) -> None:
    """Add the blocks of a page, or of a piece of one."""
    tree = LexborHTMLParser(html)
    add_titles(manuscript, tree)
    if tree.root is not None:
        take_out(tree.root, UNSEEN)
    articles = tree.css("article")
    body = tree.css_first(MAIN) or (articles[0] if len(articles) == 1 else tree.body)
    if body is None:
        return
    take_out(body, NAVIGATION)
    add_children(manuscript, body, depth=0)


def add_titles(manuscript: Manuscript, tree: LexborHTMLParser) -> None:
    for selector in ("h1", "title"):
        if found := tree.css_first(selector):
            manuscript.titles.append(found.text())


def take_out(node: LexborNode, selectors: tuple[str, ...]) -> None:
    """Remove what fits, the innermost first: what is within a removed element must not be touched again."""
    for selector in selectors:
        for found in reversed(node.css(selector)):
            found.decompose()


def add_children(manuscript: Manuscript, node: LexborNode, *, depth: int) -> None:
    """Add the blocks below `node`; text and inline elements between two blocks are a paragraph."""
    inline: list[str] = []
    for child in node.iter(include_text=True):
        if child.tag not in BLOCKS and not child.css_first("p, div, table, ul, ol, h1, h2, h3, h4"):
            inline.append("\n" if child.tag == "br" else child.text())
            continue
        manuscript.paragraph("".join(inline))
        inline.clear()
        add_block(manuscript, child, depth=depth + 1)
    manuscript.paragraph("".join(inline))


def add_block(manuscript: Manuscript, node: LexborNode, *, depth: int) -> None:
    if node.tag in HEADINGS:
        manuscript.heading(node.text(separator=" "), level=HEADINGS[node.tag])
    elif node.tag in {"ul", "ol"}:
        manuscript.items(items(node, depth=depth))
    elif node.tag == "table" and not node.css_first("table table, h1, h2, h3, p + p, ul"):
        manuscript.rows(rows(node))
    elif node.tag == "pre":
        manuscript.code(node.text())
    elif node.tag == "dt":
        manuscript.paragraph(node.text(separator=" "))
    elif depth < DEEPEST:
        add_children(manuscript, node, depth=depth)
    else:
        manuscript.paragraph(node.text(separator=" "))


def items(node: LexborNode, *, depth: int) -> Generator[str]:
    """Yield the items of a list, those of lists within it after the item that holds them."""
    for number, item in enumerate(node.css("li") if depth >= DEEPEST else node.iter(), start=1):
        inner = [] if depth >= DEEPEST else item.css("ul, ol")
        nested = [list(items(each, depth=depth + 1)) for each in inner if each.parent == item]
        for each in inner:
            each.decompose()
        yield f"{number}. {item.text(separator=' ')}" if node.tag == "ol" else f"- {item.text(separator=' ')}"
        for lines in nested:
            yield from lines


def rows(table: LexborNode) -> Generator[list[str]]:
    for row in table.css("tr"):
        yield [cell.text(separator=" ") for cell in row.css("td, th")]
