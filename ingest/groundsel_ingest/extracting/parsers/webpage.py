"""A page from the web: its main content, without what stands on every page of the site.

Where the page itself marks its content (main, a single article) that is taken. Elsewhere trafilatura tells it apart; it
is the extra `web`, and where it is not installed or finds next to nothing, the whole page is taken.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import BinaryIO, Final, cast

from selectolax.lexbor import LexborHTMLParser

from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_ingest.extracting.parsers.html import MAIN, UNSEEN, add_html, add_titles, read_text, take_out

LEAST_SHARE: Final = 0.2  # of the page's own text, which an extraction must hold to be believed


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    html = read_text(file)
    tree = LexborHTMLParser(html)
    if tree.root is not None:
        take_out(tree.root, UNSEEN)
    marked = tree.css_first(MAIN) is not None or len(tree.css("article")) == 1
    content = "" if marked or tree.body is None else main_content(html)
    if content and tree.body is not None:
        add_titles(manuscript, tree)
        told = LexborHTMLParser(content).text(separator=" ")
        if len(told) >= LEAST_SHARE * len(tree.body.text(separator=" ")):
            add_html(manuscript, content)
            return
    add_html(manuscript, html)


def main_content(html: str) -> str:
    """Give the main content of a page as HTML, or "" where it cannot be told."""
    if find_spec("trafilatura") is None:
        return ""
    extract = import_module("trafilatura").extract
    found = extract(html, output_format="html", favor_recall=True, include_comments=False, include_tables=True)
    return cast("str | None", found) or ""
